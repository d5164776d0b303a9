import Postgres

/// Something that the services have to do for one family of rows: a user, an event, a booking, a payment … that have one id.
struct HostileScenario: Sendable {
    let name: String
    /// The tables of the family, with the column that holds its id.
    let tables: [(table: String, key: String)]
    /// Inserts the families; $1 are the ids, $2 is now.
    let insert: [SQL]
    /// What sets the families going once their rows are spoiled; the same parameters.
    var start: SQL?
    /// The ids that are done; $1 are the ids, $2 is when they were inserted.
    let done: SQL

    private static let users: SQL = """
        insert into storefront.users (id, email, first_name, email_verified) select id, id || '@example.org', 'Ana', true from unnest($1::bigint[]) id
        where $2::timestamptz is not null
        """

    private static func events(_ status: String, startsIn: String, completed: String = "null") -> SQL {
        SQL(
            file: """
                insert into events.events (id, organizer_id, title, location, time_zone, starts_at, price, currency, total_tickets, tickets_sold, status,
                                           completed_at, created_at)
                select id, 1, 'Opera ' || id, 'Plaza 1', 'Europe/Madrid', $2::timestamptz + interval '\(startsIn)', 999, 'EUR', 100, 2, '\(status)',
                       \(completed), $2::timestamptz - interval '60 days'
                from unnest($1::bigint[]) id
                """)
    }

    static func bookings(_ status: String, age: String, _ more: [String: String] = [:]) -> SQL {
        let columns = more.sorted { $0.key < $1.key }
        return SQL(
            file: """
                insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, created_at\
                \(columns.map { ", \($0.key)" }.joined()))
                select id, 'B-' || id, id, id, 2, 1998, 'EUR', '\(status)', $2::timestamptz - interval '\(age)'\(columns.map { ", \($0.value)" }.joined())
                from unnest($1::bigint[]) id
                """)
    }

    static func payments(_ status: String, age: String, _ more: [String: String] = [:]) -> SQL {
        let columns = more.sorted { $0.key < $1.key }
        return SQL(
            file: """
                insert into payments.payments (id, booking_id, user_id, amount, currency, gateway, reference, status, created_at\
                \(columns.map { ", \($0.key)" }.joined()))
                select id, id, id, 1998, 'EUR', 'paystack', 'T-' || id, '\(status)', $2::timestamptz - interval '\(age)'\
                \(columns.map { ", \($0.value)" }.joined())
                from unnest($1::bigint[]) id
                """)
    }

    private static let sale = [("storefront.users", "id"), ("events.events", "id"), ("bookings.bookings", "id"), ("payments.payments", "id")]
    static let hourAgo = "$2::timestamptz - interval '1 hour'"
    private static let longAgo = "$2::timestamptz - interval '40 days'"

    private static func booking(_ condition: String) -> SQL {
        SQL(file: "select id from bookings.bookings b where id = any ($1::bigint[]) and $2::timestamptz is not null and \(condition)")
    }

    private static func event(_ status: String) -> SQL {
        SQL(file: "select id from events.events where id = any ($1::bigint[]) and $2::timestamptz is not null and status = '\(status)'")
    }

    private static func reminded(_ template: String) -> SQL {
        booking("exists (select from events.deliveries d where d.dedupe_key = '\(template)/' || b.id and d.status = 'sent')")
    }

    static let all = rows + effects

    private static let rows: [HostileScenario] = [
        HostileScenario(
            name: "expired", tables: sale,
            insert: [users, events("upcoming", startsIn: "30 days"), bookings("pending", age: "1 hour"), payments("pending", age: "1 hour")],
            done: booking(
                """
                status = 'cancelled' and exists (select from events.events e where e.id = b.id and e.tickets_sold = 0)
                and exists (select from payments.payments p where p.id = b.id and p.status in ('abandoned', 'voided'))
                """)),
        HostileScenario(
            name: "refund", tables: sale,
            insert: [
                users, events("upcoming", startsIn: "30 days"),
                bookings(
                    "confirmed", age: "2 hours", ["refund_requested": "true", "refund_requested_at": hourAgo, "confirmation_email_sent": "true"]),
                payments("succeeded", age: "2 hours", ["paid_at": hourAgo]),
            ], done: booking("status = 'refunded'")),
        HostileScenario(
            name: "confirmation", tables: sale,
            insert: [
                users, events("upcoming", startsIn: "30 days"), bookings("confirmed", age: "2 hours", ["confirmed_at": hourAgo]),
                payments("succeeded", age: "2 hours", ["paid_at": hourAgo]),
            ],
            done: booking("exists (select from bookings.deliveries d where d.dedupe_key = 'booking-confirmed/' || b.id and d.status = 'sent')")),
        HostileScenario(
            name: "old", tables: [sale[2], sale[3]],
            insert: [
                bookings("cancelled", age: "41 days", ["cancelled_at": longAgo, "cancellation_reason": "'expired'"]),
                payments("failed", age: "41 days", ["failed_at": longAgo, "failure_reason": "'declined'"]),
            ],
            done: """
                select id from unnest($1::bigint[]) id
                where $2::timestamptz is not null and not exists (select from bookings.bookings b where b.id = id.id)
                  and not exists (select from payments.payments p where p.id = id.id)
                """),
        HostileScenario(
            name: "timed out", tables: sale,
            insert: [
                users, events("upcoming", startsIn: "30 days"), bookings("pending", age: "20 minutes"),
                payments("processing", age: "20 minutes", ["submitted_at": "$2::timestamptz - interval '20 minutes'"]),
            ], done: booking("status = 'confirmed'")),
        HostileScenario(
            name: "tomorrow", tables: Array(sale.prefix(3)),
            insert: [users, events("upcoming", startsIn: "1 day"), bookings("confirmed", age: "2 hours", ["confirmation_email_sent": "true"])],
            done: reminded("event-reminder")),
        HostileScenario(
            name: "next week", tables: Array(sale.prefix(3)),
            insert: [users, events("upcoming", startsIn: "7 days"), bookings("confirmed", age: "2 hours", ["confirmation_email_sent": "true"])],
            done: reminded("early-bird-reminder")),
        HostileScenario(
            name: "cancelled", tables: sale + [("bookings.event_cancellations", "event_id")],
            insert: [
                users, events("cancelled", startsIn: "30 days"), bookings("confirmed", age: "2 hours", ["confirmation_email_sent": "true"]),
                payments("succeeded", age: "2 hours", ["paid_at": hourAgo]),
                "insert into bookings.event_cancellations (event_id, reason, reported_at) select id, 'Rain', $2 from unnest($1::bigint[]) id",
            ], done: booking("status = 'refunded'")),
        HostileScenario(
            name: "begins", tables: [sale[1]], insert: [events("upcoming", startsIn: "-1 hour")], done: event("live")),
        HostileScenario(
            name: "ends", tables: [sale[1]], insert: [events("live", startsIn: "-5 hours")], done: event("completed")),
        HostileScenario(
            name: "over", tables: [sale[1]],
            insert: [events("completed", startsIn: "-9 days", completed: "$2::timestamptz - interval '8 days'")], done: event("archived")),
        HostileScenario(
            name: "refresh", tables: [("tickets.bytemark_tokens", "user_id"), ("tickets.refresh_log", "user_id")],
            insert: [
                "insert into tickets.bytemark_tokens (user_id, token) select id, 'token-' || id from unnest($1::bigint[]) id where $2::timestamptz is not null",
                "insert into tickets.refresh_log (user_id, activity_type, created_on) select id, 1, $2 from unnest($1::bigint[]) id",
            ], done: "select user_id from tickets.cache where user_id = any ($1::bigint[]) and $2::timestamptz is not null"),
        HostileScenario(
            name: "stale", tables: [("tickets.bytemark_tokens", "user_id"), ("tickets.cache", "user_id"), ("tickets.refresh_state", "user_id")],
            insert: [
                "insert into tickets.bytemark_tokens (user_id, token) select id, 'token-' || id from unnest($1::bigint[]) id where $2::timestamptz is not null",
                "insert into tickets.cache (user_id, refreshed_at) select id, $2::timestamptz - interval '2 hours' from unnest($1::bigint[]) id",
                "insert into tickets.refresh_state (user_id, next_attempt_at) select id, $2 from unnest($1::bigint[]) id",
            ], done: "select user_id from tickets.cache where user_id = any ($1::bigint[]) and refreshed_at >= $2"),
        HostileScenario(
            name: "reward", tables: [sale[0], ("tickets.refresh_log", "user_id")],
            insert: [users, "insert into tickets.refresh_log (user_id, activity_type, created_on) select id, 2, $2 from unnest($1::bigint[]) id"],
            done: """
                select user_id from tickets.refresh_log
                where user_id = any ($1::bigint[]) and activity_type = 2 and status = 1 and $2::timestamptz is not null
                """),
    ]
}
