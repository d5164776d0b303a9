import Contracts
import Platform
import Postgres
import Support
import Testing

@testable import Marketing

@Suite("The newsletter reaches exactly the active, verified, subscribed users")
struct NewsletterTests {
    private static let monday = "2026-11-23T10:00:00Z"

    /// Six events, and users of whom one is all that the newsletter asks for.
    private func company(_ fixture: MarketingFixture) async throws {
        for id in 1...6 { try await fixture.event(id, starts: "2026-12-0\(id)T20:00:00Z", title: "Event \(id)") }
        try await fixture.event(7, starts: "2026-11-24T20:00:00Z", status: "cancelled")
        try await fixture.user(1)
        try await fixture.user(2, verified: false)
        try await fixture.user(3, newsletter: false)
        try await fixture.users(4...5)
        for user in 1...3 { try await fixture.booking(user, user: user, event: 1, created: "2026-11-01") }
        try await fixture.booking(4, user: 4, event: 1, created: "2026-10-23T10:00:00Z")
    }

    @Test("Who is not verified, not subscribed or not active is left out, and the run says why")
    func segment() async throws {
        try await MarketingFixture.open(at: Self.monday) { fixture in
            try await company(fixture)
            let dry = try await fixture.run(.marketingSendWeeklyNewsletter, dryRun: true)
            #expect(try fixture.count(dry, "reached") == 1)
            #expect(try await fixture.reached(.newsletter).isEmpty)
            let run = try await fixture.run(.marketingSendWeeklyNewsletter)
            #expect(run.outcome == .succeeded && run.processed == 1)
            #expect(try await fixture.log(.newsletter) == ["1 2026-W48"])
            #expect(try fixture.count(run, "left out: the address is not verified") == 1)
            #expect(try fixture.count(run, "left out: not subscribed") == 1)
            let events = try await fixture.environment.database.query(
                "select e -> 'event' #>> '{}' from marketing.deliveries, jsonb_array_elements(payload -> 'facts' -> 'events') e", as: String.self)
            #expect(events == ["Event 1", "Event 2", "Event 3", "Event 4", "Event 5"])
        }
    }

    @Test("With no upcoming event nothing is sent, and the run says so")
    func noEvents() async throws {
        try await MarketingFixture.open(at: Self.monday) { fixture in
            try await company(fixture)
            try await fixture.environment.database.execute("update events.events set status = 'cancelled'")
            let run = try await fixture.run(.marketingSendWeeklyNewsletter)
            #expect(run.outcome == .succeeded && run.processed == 0)
            #expect(try fixture.count(run, "left out: there are no upcoming events") == 1)
            #expect(try await fixture.reached(.newsletter).isEmpty)
        }
    }

    @Test("Two ticks of one week on two replicas send it once; the next week sends it again")
    func once() async throws {
        try await MarketingFixture.open(at: Self.monday, replicas: 2) { fixture in
            try await company(fixture)
            let ids = try await [
                fixture.environment.tick(.marketingSendWeeklyNewsletter), fixture.environment.tick(.marketingSendWeeklyNewsletter, trigger: .manual),
            ]
            for id in ids { _ = try await fixture.environment.ended(id) }
            let again = try await fixture.run(.marketingSendWeeklyNewsletter)
            #expect(try fixture.count(again, "left out: told before") == 1)
            #expect(try await fixture.log(.newsletter) == ["1 2026-W48"])
            fixture.environment.clock.advance(7 * 86_400)
            try await fixture.booking(9, user: 1, event: 6, created: "2026-11-29")
            try await fixture.run(.marketingSendWeeklyNewsletter)
            #expect(try await fixture.log(.newsletter) == ["1 2026-W48", "1 2026-W49"])
        }
    }

    @Test("A suppressed user gets none: of the newsletter, of all campaigns, by a bounce; a new address ends a bounce")
    func suppressed() async throws {
        try await MarketingFixture.open(at: Self.monday) { fixture in
            try await fixture.event(1, starts: "2026-12-01")
            try await fixture.users(1...5)
            for user in 1...5 { try await fixture.booking(user, user: user, event: 1, created: "2026-11-01") }
            try await fixture.environment.database.execute(
                """
                insert into marketing.suppressions (user_id, scope, reason, since, address_digest) values
                    (1, 'newsletter', 'unsubscribed', now(), null), (2, 'all', 'unsubscribed', now(), null),
                    (3, 'promotions', 'unsubscribed', now(), null), (4, 'all', 'bounced', now(), sha256('user4@example.org')),
                    (5, 'all', 'bounced', now(), sha256('old@example.org'))
                """)
            let run = try await fixture.run(.marketingSendWeeklyNewsletter)
            #expect(try await fixture.reached(.newsletter) == [3, 5])
            #expect(try fixture.count(run, "left out: unsubscribed") == 2)
            #expect(try fixture.count(run, "left out: bounced") == 1)
        }
    }
}
