import Contracts
import FoundationEssentials
import Postgres
import Support

/// Rows for every job to work on, made again and again: what one used up, the next call brings back.
struct BusyDay: Sendable {
    let fixture: FaultFixture

    private var database: PostgresClient { fixture.environment.database }

    /// Before the first service starts.
    func begin() async throws {
        try await fixture.wantRefreshes(40)
        try await fixture.stubs.order("latency", #"{"part":"gateway","ms":50}"#)
        try await database.execute("update tickets.refresh_log set status = 1")
    }

    /// Gives each job of a service something to do now.
    func goOn(for service: String) async throws {
        switch service {
        case "tickets-cache":
            try await database.execute("insert into tickets.refresh_log (user_id, activity_type) select n, 1 from generate_series(1, 40, 2) n")
            try await database.execute("update tickets.cache set refreshed_at = now() - interval '2 hours' where user_id % 2 = 0")
        case "loyalty-notifier":
            try await database.execute("insert into tickets.refresh_log (user_id, activity_type) select n, 2 from generate_series(1, 10) n")
        case "payments", "bookings":
            try await sell()
            try await grow()
        case "events":
            let events = Self.events
            try await database.execute(events)
        case "marketing":
            try await sell()
            try await database.execute(
                """
                insert into storefront.users (email, email_verified, newsletter_subscribed, promotional_emails, date_of_birth, created_at)
                select 'kill' || n || '@example.org', true, true, true, current_date - interval '30 years', now() - interval '1 year'
                from generate_series(1, 200) n
                """)
        default: break
        }
    }

    /// Orders that nobody pays for, and orders whose payment the gateway has taken without telling.
    private func sell() async throws {
        let shop = fixture.environment.shop
        let now = Date()
        let event = try await shop.event(startsAt: now + 86_400 * 30)
        _ = try await shop.orders(10, of: event, at: now - 3600)
        let paid = try await shop.orders(10, of: event, at: now - 1800, submitted: now - 1500)
        try await fixture.stubs.transactions(paid.map { .init($0.reference, "success", amount: 1998, currency: "EUR") })
    }

    /// Some ask for their money, and some of what is over is old.
    private func grow() async throws {
        try await database.execute(
            """
            update bookings.bookings set refund_requested = true, refund_requested_at = now()
            where id in (select id from bookings.bookings where status = 'confirmed' and not refund_requested limit 3 for update skip locked)
            """)
        try await database.execute(
            """
            update bookings.bookings set cancelled_at = now() - interval '40 days'
            where id in (select id from bookings.bookings where status = 'cancelled' and id % 2 = 0 limit 5 for update skip locked)
            """)
        try await database.execute(
            """
            update payments.payments set failed_at = now() - interval '40 days', abandoned_at = now() - interval '40 days'
            where id in (select id from payments.payments where status in ('failed', 'abandoned') and id % 2 = 0 limit 5 for update skip locked)
            """)
    }

    /// Events that begin, end and were over long ago, and holders of bookings for tomorrow and for the day a week ahead.
    private static let events: SQL = """
        with made as (
            insert into events.events (organizer_id, title, time_zone, starts_at, price, currency, total_tickets, tickets_sold, status, completed_at)
            select 1, 'Fado', 'UTC', now() + day * interval '1 day', 100, 'EUR', 1000, 5,
                   case when day < -5 then 'completed' when day < 0 then 'live' else 'upcoming' end,
                   case when day < -5 then now() + day * interval '1 day' end
            from unnest(array[-10, -1, 0, 1, 7]) as day
            returning id, starts_at, status),
        users as (
            insert into storefront.users (email, first_name, email_verified) select gen_random_uuid() || '@example.org', 'Eva', true
            from generate_series(1, 5) returning id)
        insert into bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, status, confirmed_at, confirmation_email_sent)
        select 'E-' || made.id || '-' || users.id, users.id, made.id, 1, 100, 'EUR', 'confirmed', now(), true
        from made, users where made.status = 'upcoming'
        """
}
