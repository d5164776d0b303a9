import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Platform

@Suite("Mails leave at the rate that is allowed, over all replicas")
struct MailRateLimiterTests {
    private func open(
        _ settings: [String: String], _ body: @escaping @Sendable (TestEnvironment, StubServices) async throws -> Void
    ) async throws {
        try await StubServices.open { stubs in
            try await TestEnvironment.open(at: RFC3339.date(from: "2026-11-20T09:30:00Z")) { environment in
                let settings = stubs.settings.merging(settings) { $1 }
                try await environment.with(MailTestService.self, settings: settings, publishesAnything: true) { _ in
                    try await environment.with(MailTestService.self, settings: settings, publishesAnything: true) { _ in
                        try await body(environment, stubs)
                    }
                }
            }
        }
    }

    /// Queues mails by hand.
    private func queue(_ addresses: [String], in environment: TestEnvironment) async throws {
        let mails = addresses.enumerated().map { number, address in
            Mail("greeting", about: number + 1, to: Recipient(email: address, name: "", language: nil), facts: MailTestService.greeting(1).facts)
        }
        try await environment.database.execute(
            """
            insert into tickets.deliveries (kind, dedupe_key, payload, next_attempt_at)
            select 'mail', key, payload::jsonb, $3 from unnest($1::text[], $2::text[]) as m (key, payload)
            """, mails.map(\.dedupeKey), mails.map(\.json), environment.clock.now)
    }

    @Test("Mails to one domain get times one after the other, other domains do not wait, and waiting is no attempt")
    func domains() async throws {
        try await open(["MAIL_PER_DOMAIN_PER_MINUTE": "6"]) { environment, stubs in
            try await queue(
                ["a@gmail.example", "b@Gmail.example", "c@GMAIL.EXAMPLE", "d@other.example", "e@münchen.example", "f@xn--mnchen-3ya.example"],
                in: environment)
            try await environment.eventually(
                "select coalesce(string_agg(id::text, ' ' order by id), '') from tickets.deliveries where status = 'sent'", "1 4 5")
            let waiting = try await environment.database.query(
                """
                select id || ' ' || attempts || ' ' || extract(epoch from next_attempt_at - $1::timestamptz)::int
                from tickets.deliveries where status = 'queued' order by id
                """,
                as: String.self, environment.clock.now)
            #expect(waiting == ["2 0 10", "3 0 20", "6 0 10"])
            environment.clock.advance(10)
            try await environment.eventually("select count(*) from tickets.deliveries where status = 'sent'", 5)
            environment.clock.advance(10)
            try await environment.eventually("select count(*) from tickets.deliveries where status = 'sent'", 6)
            #expect(try await stubs.mails().count == 6)
        }
    }

    @Test("Two replicas together send as many a minute as one")
    func perMinute() async throws {
        try await open(["MAIL_PER_MINUTE": "120"]) { environment, _ in
            let began = ContinuousClock.now
            try await queue((1...9).map { "user-\($0)@example.org" }, in: environment)
            try await environment.eventually("select count(*) from tickets.deliveries where status = 'sent'", 9)
            // Two at once, and seven more at two a second.
            #expect(ContinuousClock.now - began > .seconds(3))
            #expect(try await environment.value("select max(attempts) from tickets.deliveries") == 1)
        }
    }

    @Test(
        "One form for a domain, however it is written",
        arguments: [
            ("a@Gmail.Example", "gmail.example"), ("a@MÜNCHEN.example", "xn--mnchen-3ya.example"),
            ("nobody", ""),
        ])
    func forms(address: String, domain: String) {
        #expect(MailRateLimiter.domain(of: address) == domain)
    }
}
