import Postgres

/// What waits to be done outside or elsewhere: mails, pushes, refunds and messages, and what they have left behind.
extension HostileScenario {
    /// Tables of the services that no scenario spoils, and why.
    static let spared = [
        "inbox": "nothing but its key is read",
        "outbox": "written by the service alone; what comes of a message is tried by the fuzzed messages",
        "status_history": "written by a trigger, read by the audit alone",
        "reports": "written as a whole, read by people",
        "events.releases": "nothing but its key is read",
        "events.reminders": "nothing but its key is read",
        "loyalty.rides": "nothing but its key is read",
        "loyalty.notifications": "written by the service alone, joined by its keys",
        "payments.removed_figures": "the same statement form as bookings.removed_figures, and it has no number that could name a family",
        "tickets.cache_log": "written by the service alone, read by people",
        "events.deliveries": "the same table as bookings.deliveries, read by the same statements",
        "tickets.deliveries": "nothing is delivered by tickets-cache",
        "marketing.deliveries": "the same table as bookings.deliveries, read by the same statements",
        "marketing.campaign_log": "written by the service alone, joined by its keys",
        "marketing.campaign_runs": "written by the service alone, joined by its keys",
        "marketing.suppressions": "written by the service alone, joined by its keys",
        "bookings.removed_bookings": "written by the service alone",
        "analytics.deliveries": "the same table as bookings.deliveries, read by the same statements",
        "maintenance.deliveries": "the same table as bookings.deliveries, read by the same statements",
        "console.deliveries": "nothing is delivered by the console",
        "console.accounts": "written by the service and boxoffice alone",
        "console.sessions": "written by the service alone, read by its key",
        "console.sign_in_failures": "written by the service alone, read by its key",
        "console.audit": "written by the service alone, read by people",
        "operations.heartbeats": "written by the services alone",
        "operations.alerts": "written by the services alone",
        "analytics.facts": "written by the service alone, from messages; the fuzzed messages try it",
        "analytics.activity": "written by the service alone",
        "analytics.snapshots": "written by the service alone",
        "marketing.recipients": "written by the service alone, joined by its keys",
        "rate_limits": "written by the service alone, read by its key",
        "storefront.organizers": "their names and addresses are values of mails, which HostileUsersTests spoils",
        "storefront.documents": "its paths are compared and not read; MaintenanceTests tries their forms",
    ]

    static let effects: [HostileScenario] = [
        HostileScenario(
            name: "mail", tables: [("bookings.deliveries", "id")],
            insert: [
                """
                insert into bookings.deliveries (id, kind, dedupe_key, payload, next_attempt_at, created_at)
                select id, 'mail', 'booking-cancelled/' || id, jsonb_build_object(
                           'template', 'booking-expired',
                           'to', jsonb_build_object('name', 'Ana', 'email', id || '@example.org', 'language', 'en-us'),
                           'facts', jsonb_build_object(
                               'reference', 'B-' || id, 'event', 'Opera', 'place', 'Plaza 1', 'tickets', 2,
                               'time', jsonb_build_object('at', '2030-01-01T20:00', 'zone', 'Europe/Madrid'))),
                       $2::timestamptz + interval '1 hour', $2
                from unnest($1::bigint[]) id
                """
            ], start: due("bookings.deliveries"), done: sent("bookings.deliveries")),
        HostileScenario(
            name: "push", tables: [("loyalty.deliveries", "id")],
            insert: [
                """
                insert into loyalty.deliveries (id, kind, dedupe_key, payload, next_attempt_at, created_at)
                select id, 'push', 'reward/' || id, jsonb_build_object(
                           'userIds', jsonb_build_array(id), 'notificationType', 1, 'title', 'Five tickets', 'body', 'They are yours, ' || id,
                           'metadata', '{}'::jsonb, 'language', 'en-us', 'silent', false),
                       $2::timestamptz + interval '1 hour', $2
                from unnest($1::bigint[]) id
                """
            ], start: due("loyalty.deliveries"), done: sent("loyalty.deliveries")),
        HostileScenario(
            name: "refund at the gateway",
            tables: [("bookings.bookings", "id"), ("payments.payments", "id"), ("payments.refunds", "id"), ("payments.deliveries", "id")],
            insert: [
                bookings(
                    "cancelled", age: "2 hours",
                    [
                        "cancelled_at": hourAgo, "cancellation_reason": "'refund approved'", "refund_requested": "true",
                        "refund_requested_at": hourAgo, "refund_amount": "1998", "refund_approved_at": hourAgo, "confirmation_email_sent": "true",
                    ]),
                payments("succeeded", age: "2 hours", ["paid_at": hourAgo]),
                """
                insert into payments.refunds (id, payment_id, booking_id, amount, currency, cause, requested_at)
                select id, id, id, 1998, 'EUR', 'approved', $2 from unnest($1::bigint[]) id
                """,
                """
                insert into payments.deliveries (id, kind, dedupe_key, payload, next_attempt_at, created_at)
                select id, 'refund', 'refund/' || id || '/1',
                       jsonb_build_object('transaction', 'T-' || id, 'amount', 1998, 'currency', 'EUR', 'refundedBefore', 0),
                       $2::timestamptz + interval '1 hour', $2
                from unnest($1::bigint[]) id
                """,
            ],
            start: due("payments.deliveries"),
            done: """
                select id from payments.refunds where id = any ($1::bigint[]) and status = 'paid' and $2::timestamptz is not null
                  and exists (select from bookings.bookings b where b.id = refunds.id and b.status = 'refunded')
                """),
        HostileScenario(
            name: "ride", tables: [("loyalty.members", "user_id"), ("loyalty.milestones", "user_id")],
            insert: [
                "insert into loyalty.members (user_id, rides) select id, 49 from unnest($1::bigint[]) id where $2::timestamptz is not null",
                "insert into loyalty.milestones (user_id, rides, free_tickets, reached_at) select id, 100, 5, $2 from unnest($1::bigint[]) id",
            ],
            start: """
                insert into loyalty.outbox (exchange, routing_key, message_id, body)
                select 'loyalty-notifier.retry', 'loyalty-notifier.events', 'ride-' || id, jsonb_build_object(
                           'specversion', '1.0', 'id', 'ride-' || id, 'source', '/rides', 'type', 'com.boxoffice.ride.completed',
                           'datacontenttype', 'application/json',
                           'time', to_char($2::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                           'data', jsonb_build_object('userId', id, 'rideId', 'ride-' || id, 'completedAt', '2026-01-01T00:00:00Z'))::text
                from unnest($1::bigint[]) id
                """,
            done: """
                select id from unnest($1::bigint[]) id
                where $2::timestamptz is not null and exists (select from loyalty.rides r where r.ride_id = 'ride-' || id)
                  and exists (select from loyalty.milestones m where m.user_id = id and m.rides = 50)
                """),
        HostileScenario(
            name: "removed figures", tables: [("bookings.removed_figures", "event_id")],
            insert: [
                """
                insert into bookings.removed_figures (quarter_hour, happened, currency, event_id, reason, count, tickets, amount)
                select date_bin('15 minutes', $2::timestamptz - interval '1 day', 'epoch'), 'created', 'EUR', id, '', 1, 2, 1998
                from unnest($1::bigint[]) id
                """
            ],
            done: """
                select id from unnest($1::bigint[]) id where exists (select from bookings.reports where kind = 'daily' and made_at >= $2)
                """),
    ]

    /// They wait for an hour until they are spoiled, so that nothing is sent before.
    private static func due(_ deliveries: String) -> SQL {
        SQL(
            file: """
                update \(deliveries) set next_attempt_at = $2::timestamptz
                where id = any ($1::bigint[]) and next_attempt_at = $2::timestamptz + interval '1 hour'
                """)
    }

    private static func sent(_ deliveries: String) -> SQL {
        SQL(file: "select id from \(deliveries) where id = any ($1::bigint[]) and status = 'sent' and $2::timestamptz is not null")
    }
}
