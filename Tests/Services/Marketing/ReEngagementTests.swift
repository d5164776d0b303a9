import Contracts
import Platform
import Postgres
import Support
import Testing

@testable import Marketing

@Suite("Re-engagement reaches verified users who have been away for 90 days, the longest away first")
struct ReEngagementTests {
    private static let tuesday = "2026-11-24T15:00:00Z"

    @Test("Not who booked 3 days ago and also 3 years ago, nor a young account, nor one reached 89 days ago")
    func segment() async throws {
        try await MarketingFixture.open(at: Self.tuesday) { fixture in
            try await fixture.event(1, starts: "2026-12-01")
            try await fixture.users(1...4)
            try await fixture.user(5, created: "2026-09-01")
            try await fixture.user(6, verified: false)
            try await fixture.users(7...8)
            try await fixture.booking(1, user: 1, event: 1, created: "2023-11-24")
            try await fixture.booking(2, user: 1, event: 1, created: "2026-11-21")
            try await fixture.booking(3, user: 2, event: 1, created: "2023-11-24")
            try await fixture.booking(4, user: 3, event: 1, created: "2026-08-26T15:00:01Z")
            try await fixture.environment.database.execute(
                """
                insert into marketing.campaign_log (campaign, user_id, period, queued_at)
                values ('re-engagement', 7, 'a', '2026-08-27T15:00:01Z'), ('re-engagement', 8, 'b', '2026-08-26T14:59:59Z')
                """)
            let dry = try await fixture.run(.marketingSendReEngagement, dryRun: true)
            #expect(try fixture.count(dry, "reached") == 3)
            #expect(try fixture.count(dry, "left out: told within 90 days") == 1)
            try await fixture.run(.marketingSendReEngagement)
            #expect(try await fixture.log(.reEngagement) == ["7 a", "8 b", "4 2026-11-24", "8 2026-11-24", "2 2026-11-24"])
            #expect(try await fixture.run(.marketingSendReEngagement).processed == 0)
        }
    }

    @Test("At most 50 a run")
    func limit() async throws {
        try await MarketingFixture.open(at: Self.tuesday) { fixture in
            try await fixture.users(1...60)
            try await fixture.environment.database.execute("update storefront.users set created_at = created_at - id * interval '1 day'")
            #expect(try await fixture.run(.marketingSendReEngagement).processed == 50)
            #expect(try await fixture.reached(.reEngagement) == Array(11...60))
            #expect(try await fixture.run(.marketingSendReEngagement).processed == 10)
        }
    }
}
