import Contracts
import Platform
import Postgres
import Support
import Testing

@testable import Marketing

@Suite("A promotion reaches who allows it, holds no ticket and was not told of the event before")
struct PromotionTests {
    private static let now = "2026-11-26T14:00:00Z"

    @Test("It counts tickets, not bookings, and looks seven days ahead")
    func events() async throws {
        try await MarketingFixture.open(at: Self.now) { fixture in
            try await fixture.user(1)
            try await fixture.event(1, starts: "2026-11-28", sold: 29)
            try await fixture.event(2, starts: "2026-11-28", sold: 30)
            try await fixture.event(3, starts: "2026-12-03T14:00:01Z")
            try await fixture.event(4, starts: "2026-11-26T13:00:00Z")
            try await fixture.event(5, starts: "2026-11-28", tickets: 0)
            try await fixture.run(.marketingSendPromotions)
            #expect(try await fixture.log(.promotion) == ["1 1"])
        }
    }

    @Test("Holders, users told before, unverified and unwilling ones are left out; a cancelled booking holds nothing")
    func users() async throws {
        try await MarketingFixture.open(at: Self.now) { fixture in
            try await fixture.event(1, starts: "2026-11-28")
            try await fixture.users(1...5)
            try await fixture.user(6, verified: false)
            try await fixture.user(7, promotions: false)
            try await fixture.booking(1, user: 1, event: 1, created: "2026-11-20")
            try await fixture.booking(2, user: 2, event: 1, created: "2026-11-20", status: "pending")
            try await fixture.booking(3, user: 3, event: 1, created: "2026-11-20", status: "cancelled")
            try await fixture.environment.database.execute(
                """
                insert into marketing.campaign_log (campaign, user_id, subject_id, period, queued_at) values ('promotion', 4, 1, '', '2025-01-01');
                """)
            let dry = try await fixture.run(.marketingSendPromotions, dryRun: true)
            #expect(try fixture.count(dry, "reached") == 2)
            #expect(try fixture.count(dry, "left out: holds a ticket") == 2)
            #expect(try fixture.count(dry, "left out: told before") == 1)
            try await fixture.run(.marketingSendPromotions)
            #expect(try await fixture.reached(.promotion) == [3, 4, 5])
            try await fixture.run(.marketingSendPromotions)
            #expect(try await fixture.reached(.promotion) == [3, 4, 5])
        }
    }

    @Test("At most 100 users an event and day, fair over events when there are too few users for all")
    func fair() async throws {
        try await MarketingFixture.open(at: Self.now, settings: ["CAMPAIGN_MAILS_PER_DAY": "1"]) { fixture in
            for event in 1...3 { try await fixture.event(event, starts: "2026-11-28T0\(event):00:00Z") }
            try await fixture.users(1...150)
            try await fixture.run(.marketingSendPromotions)
            let shares = try await fixture.environment.database.query(
                "select count(*) from marketing.campaign_log group by subject_id order by subject_id", as: Int.self)
            #expect(shares.reduce(0, +) == 150 && shares.allSatisfy { $0 >= 40 && $0 <= 60 }, "\(shares)")
        }
        try await MarketingFixture.open(at: Self.now) { fixture in
            try await fixture.event(1, starts: "2026-11-28")
            try await fixture.users(1...250)
            for total in [100, 100] {
                try await fixture.run(.marketingSendPromotions)
                #expect(try await fixture.reached(.promotion).count == total)
            }
            fixture.environment.clock.advance(86_400)
            try await fixture.run(.marketingSendPromotions)
            #expect(try await fixture.reached(.promotion).count == 200)
        }
    }
}
