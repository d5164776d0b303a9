import Contracts
import Platform
import Postgres
import Support
import Testing

@testable import Marketing

@Suite("Mails that bounce")
struct BouncedAddressTests {
    /// The stage of the session, the reply, and whether it ends campaign mails to the address.
    private static let replies: [(stage: String, reply: String, isDead: Bool)] = [
        ("rcpt", "550 5.1.1 no such user", true), ("rcpt", "550 5.1.2 no such domain", true), ("rcpt", "553 5.1.3 bad address", true),
        ("rcpt", "551 5.1.6 moved", true), ("rcpt", "556 5.1.10 null MX", true), ("rcpt", "550 user unknown", false),
        ("rcpt", "552 5.2.2 mailbox full", false), ("rcpt", "550 5.1.8 sender rejected", false), ("rcpt", "550 5.1.7 sender rejected", false),
        ("rcpt", "550 5.7.1 looks like spam", false), ("rcpt", "451 5.1.1 odd", false), ("rcpt", "550 5.4.1 access denied", false),
        ("mail", "550 5.1.1 no such user", false), ("message", "550 5.1.1 no such user", false), ("data", "550 5.1.1 no such user", false),
    ]

    @Test("B3: only a mailbox or domain that does not exist, said to RCPT TO, ends campaign mails, and only to that address")
    func suppression() async throws {
        try await MarketingFixture.open(at: "2026-11-23T10:00:00Z", settings: ["CAMPAIGN_MAILS_PER_DAY": "100"]) { fixture in
            let users = Self.replies.count
            try await fixture.users(1...users)
            try await fixture.event(1, starts: "2026-12-20T20:00:00Z")
            for user in 1...users { try await fixture.booking(user, user: user, event: 1, created: "2026-11-20") }
            for (index, answer) in Self.replies.enumerated() {
                try await fixture.stubs.order(
                    "faults",
                    #"{"part":"smtp","match":{"recipient":"user\#(index + 1)@*"},"action":{"stage":"\#(answer.stage)","smtpReply":"\#(answer.reply)"}}"#
                )
            }
            try await fixture.run(.marketingSendWeeklyNewsletter)
            try await fixture.environment.eventually(
                "select count(*) from marketing.deliveries where last_error is not null or status <> 'queued'", users)
            let dead = Self.replies.indices.filter { Self.replies[$0].isDead }.map { $0 + 1 }
            #expect(try await suppressed(fixture) == dead)
            #expect(
                try await fixture.environment.value(
                    "select count(*) from marketing.suppressions where scope <> 'all' or reason <> 'bounced'", as: Int.self)
                    == 0)

            // The address is corrected in the shop; another one only changes its letters' case, which is no other address.
            try await fixture.environment.database.execute("update storefront.users set email = 'new1@example.org' where id = 1")
            try await fixture.environment.database.execute("update storefront.users set email = 'USER2@example.org' where id = 2")
            try await fixture.stubs.letGo()
            fixture.environment.clock.advance(7 * 86_400)
            let run = try await fixture.run(.marketingSendWeeklyNewsletter)
            #expect(try fixture.count(run, "left out: bounced") == dead.count - 1)
            #expect(run.processed == users - (dead.count - 1))
            try await fixture.environment.eventually("the new address gets it") {
                try await fixture.stubs.mails(to: "new1@example.org").count == 1
            }
            #expect(try await fixture.stubs.mails(to: "USER2@example.org").isEmpty)
        }
    }

    @Test("B3: the new address can die as well, and then the later bounce holds")
    func again() async throws {
        try await MarketingFixture.open(at: "2026-11-23T10:00:00Z") { fixture in
            try await fixture.user(1)
            try await fixture.event(1, starts: "2026-12-20T20:00:00Z")
            try await fixture.booking(1, user: 1, event: 1, created: "2026-11-23")
            try await fixture.stubs.order("faults", #"{"part":"smtp","action":{"stage":"rcpt","smtpReply":"550 5.1.1 no such user"}}"#)
            for week in 1...2 {
                try await fixture.run(.marketingSendWeeklyNewsletter)
                try await fixture.environment.eventually("select count(*) from marketing.deliveries where status = 'bounced'", week)
                #expect(try await suppressed(fixture) == [1])
                fixture.environment.clock.advance(7 * 86_400)
                try await fixture.environment.database.execute("update storefront.users set email = 'next@example.org'")
                if week == 1 { #expect(try await suppressed(fixture).isEmpty) }
            }
            #expect(try await suppressed(fixture) == [1])
            #expect(try await fixture.environment.value("select count(*) from marketing.suppressions", as: Int.self) == 1)
        }
    }

    /// The users who get no mails at the address that they have now.
    private func suppressed(_ fixture: MarketingFixture) async throws -> [Int] {
        try await fixture.environment.database.query(
            """
            select user_id::integer from storefront.campaign_contacts
            where marketing.suppression(user_id, email, 'newsletter') = 'bounced' and marketing.suppression(user_id, email, 'promotions') = 'bounced'
            order by user_id
            """, as: Int.self)
    }
}
