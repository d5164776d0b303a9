import Postgres
import Support

/// October 2026 and the weeks around it, in Madrid, where the clocks change on the 25th: bookings in three currencies,
/// some cancelled, some removed since, payments of every kind, late money, and partial refunds.
enum GeneratedCompany {
    static func insert(_ environment: TestEnvironment) async throws {
        for statement in [users, events, bookings, payments, refunds, removed] { try await environment.database.execute(statement) }
    }

    // Every seventh quarter of an hour and a bit, so that some fall on the edges of periods exactly.
    private static let users: SQL = """
        insert into storefront.users (id, email, created_at)
        select n, 'u@example.org', timestamptz '2026-08-20 21:00Z' + n * interval '90 min' from generate_series(1, 1500) n
        """
    private static let events: SQL = """
        insert into events.events (id, organizer_id, title, category, time_zone, starts_at, price, currency, total_tickets, status, completed_at, created_at)
        select n, 1, 'Event ' || n, (array['music', 'theatre', 'sport'])[1 + n % 3], 'Europe/Madrid', timestamptz '2026-09-01 20:00Z' + n * interval '31 h',
               100, 'EUR', n % 40, case when n < 40 then 'completed' else 'upcoming' end,
               case when n < 40 then timestamptz '2026-09-02 00:00Z' + n * interval '31 h' end, timestamptz '2026-08-20 22:00Z' + n * interval '17 h'
        from generate_series(1, 60) n
        """
    private static let bookings: SQL = """
        insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at, cancelled_at)
        select n, 'B-' || n, 1 + n * 7 % 400, 1 + n * n % 60, 1 + n % 4, 1000 + n % 97 * 13, (array['EUR', 'EUR', 'USD', 'JPY'])[1 + n % 4],
               case when n % 5 = 0 then 'pending' when n % 7 = 0 then 'cancelled' else 'confirmed' end, made,
               case when n % 5 > 0 and n % 14 <> 0 then made + n % 11 * interval '7 min' end,
               case when n % 5 > 0 and n % 7 = 0 then made + n % 30 * interval '11 h' end
        from generate_series(1, 3000) n cross join lateral (select timestamptz '2026-08-25 21:00Z' + n * interval '30 min' as made) m
        """
    private static let payments: SQL = """
        insert into payments.payments (id, booking_id, user_id, amount, currency, gateway, reference, status, created_at, paid_at, failed_at, abandoned_at,
                                       refunded_amount)
        select id, id, user_id, total_amount, currency, 'card', 'R-' || id,
               case when id % 5 > 0 then 'succeeded' when id % 10 = 0 then 'failed' else 'abandoned' end, created_at,
               case when id % 5 > 0 or id % 50 = 0 then created_at + interval '5 min' end,
               case when id % 10 = 0 then created_at + interval '4 min' end, case when id % 10 = 5 then created_at + interval '15 min' end,
               case when id % 50 = 0 then total_amount when id % 9 = 1 and id % 5 > 0 then 700 else 0 end
        from bookings.bookings
        """
    private static let refunds: SQL = """
        insert into payments.refunds (payment_id, booking_id, amount, currency, cause, status, requested_at, settled_at)
        select p.id, p.id, r.amount, p.currency, r.cause, 'paid', p.paid_at, p.paid_at + r.after
        from payments.payments p
             cross join lateral (values (300, 'approved', interval '1 h'), (400, 'double', p.id % 20 * interval '1 day'), (p.amount, 'late', interval '0')) r (amount, cause, after)
        where p.refunded_amount > 0 and (p.id % 50 = 0) = (r.cause = 'late')
        """
    /// What `bookings.cleanup-old-cancelled` leaves of cancelled bookings.
    private static let removed: SQL = """
        with gone as (
            delete from bookings.bookings where status = 'cancelled' and id % 3 = 0
            returning id, user_id, event_id, quantity, total_amount, currency, created_at, confirmed_at, cancelled_at)
        insert into bookings.removed_bookings (booking_id, user_id, event_id, quantity, total_amount, currency, created_at, confirmed_at, cancelled_at)
        select id, user_id, event_id, quantity, total_amount, currency, created_at, confirmed_at, cancelled_at from gone
        """
}
