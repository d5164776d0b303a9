import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Bookings
@testable import Marketing

@Suite("marketing asks attendees how it was, and bookings knows")
struct FollowUpScenarioTests {
    @Test("A booking is marked when its holder was asked, and then nobody is asked again, even if marketing has forgotten it")
    func marked() async throws {
        let now = try #require(RFC3339.date(from: "2026-11-26T12:00:00Z"))
        try await TestEnvironment.open(at: now) { environment in
            try await environment.adoptSchedules()
            try await Self.insert(environment, now)
            try await StubServices.open { stubs in
                try await environment.with(Bookings.self, settings: stubs.settings) { _ in
                    try await environment.with(Marketing.self, settings: stubs.settings) { _ in
                        let heard = try await environment.judged {
                            let run = try await environment.ended(try await environment.tick(.marketingSendEventFollowUps, trigger: .manual))
                            #expect(run.outcome == .succeeded && run.processed == 60)
                            #expect(run.details.contains(#""booking.followed-up": 3"#), "\(run.details)")
                            try await environment.eventually("select count(*)::int from bookings.bookings where follow_up_sent", 60)
                        }
                        #expect(heard.contains("booking.followed-up"))
                        let marked = try await environment.value(
                            "select bool_and(id <= 60) from bookings.bookings where follow_up_sent", as: Bool.self)
                        #expect(marked == true)
                        try await environment.database.execute("truncate marketing.campaign_log")
                        let again = try await environment.ended(try await environment.tick(.marketingSendEventFollowUps, trigger: .manual))
                        #expect(again.outcome == .succeeded && again.processed == 0)
                    }
                }
            }
        }
    }

    /// Sixty attendees of yesterday's event, one whose address is not verified, and one whose booking was cancelled.
    private static func insert(_ environment: TestEnvironment, _ now: Date) async throws {
        try await environment.database.execute(
            """
            insert into storefront.users (id, email, first_name, email_verified, newsletter_subscribed, promotional_emails, created_at)
            select n, 'user' || n || '@example.org', 'Ann', n <> 61, true, true, '2020-01-01' from generate_series(1, 62) n
            """)
        try await environment.database.execute(
            """
            insert into events.events (id, organizer_id, title, time_zone, starts_at, price, currency, total_tickets, status, completed_at)
            values (1, 1, 'Opera', 'UTC', $1::timestamptz - interval '18 h', 100, 'EUR', 100, 'completed', $1::timestamptz - interval '14 h')
            """, now)
        try await environment.database.execute(
            """
            insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at,
                                           cancelled_at)
            select n, 'B-' || n, n, 1, 1, 100, 'EUR', case n when 62 then 'cancelled' else 'confirmed' end, $1::timestamptz - interval '9 days',
                   $1::timestamptz - interval '9 days', case n when 62 then $1::timestamptz - interval '8 days' end
            from generate_series(1, 62) n
            """, now)
    }
}
