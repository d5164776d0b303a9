import AMQP
import Migrations
import Platform
import Postgres
import Support
import Testing

@testable import BoxOffice
@testable import Payments

@Suite("boxoffice doctor tells what does not get on, and what to do")
struct DoctorStateTests {
    private struct CheckResult: Decodable, Equatable {
        let status: String
        let what: String
        let detail: String
    }

    /// Something that is wrong in the database, and the line that tells of it.
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sql: String
        let what: String
        let says: [String]
    }

    static let faults = [
        Fault(
            testDescription: "a run that stands still",
            sql: """
                insert into operations.job_runs (id, job, tick_id, trigger, scheduled_for, started_at, touched_at, outcome, service)
                values (7, 'payments.handle-timeouts', 'a', 'schedule', now(), now(), now() - interval '5 minutes', 'running', 'payments'),
                       (8, 'payments.cleanup-abandoned', 'b', 'schedule', now(), now(), now() - interval '1 minute', 'running', 'payments')
                """,
            what: "runs", says: ["run 7 of payments.handle-timeouts has not moved for 30", "start payments"]),
        Fault(
            testDescription: "a process that is not seen",
            sql: """
                insert into operations.heartbeats (service, instance, version, started_at, seen_at, interval_seconds)
                values ('payments', 'payments@a/1', '1', now(), now() - interval '300 seconds', 30),
                       ('payments', 'payments@a/2', '1', now(), now() - interval '60 seconds', 30)
                """,
            what: "heartbeats", says: ["payments@a/1 has not been seen for 30"]),
        Fault(
            testDescription: "an open alert",
            sql: """
                insert into operations.alerts (kind, subject, service, since, no_data_since, until, details)
                values ('disk-space', '/srv', 'maintenance', now() - interval '2 hours', now(), null, '{"summary": "3 % is free", "advice": "Make room"}'),
                       ('disk-space', '/tmp', 'maintenance', now() - interval '2 hours', null, now(), '{"summary": "2 % is free"}')
                """,
            what: "alerts", says: ["maintenance: disk-space of /srv", "3 % is free", "no data since", "Make room"]),
        Fault(
            testDescription: "a schedule decided ahead",
            sql: "update operations.schedules set decided_through = now() + interval '1 day'",
            what: "tick-publisher", says: ["analytics.generate-monthly-summary: it is decided up to", "in the future"]),
        Fault(
            testDescription: "an old message in an outbox",
            sql: """
                insert into payments.outbox (exchange, routing_key, message_id, body, created_at)
                values ('boxoffice.events', 'payment.succeeded', 'a', '{}', now() - interval '10 minutes'),
                       ('boxoffice.events', 'payment.failed', 'b', '{}', now())
                """,
            what: "outbox of payments", says: ["2 wait", "(payment.succeeded) for 60", "does payments run"]),
        Fault(
            testDescription: "an outbox that grows",
            sql: """
                insert into events.outbox (exchange, routing_key, message_id, body)
                select 'boxoffice.events', 'booking.reminded', n, '{}' from generate_series(1, 100001) n
                """,
            what: "outbox of events", says: ["more than 100000 messages wait"]),
        Fault(
            testDescription: "bounced mails",
            sql: """
                insert into bookings.deliveries (kind, dedupe_key, payload, status, attempts, last_error, next_attempt_at)
                select 'mail', 'a/' || n, '{}', 'bounced', 1, '550 5.1.1 <user' || n || '@example.org>: no such user', now() - n * interval '6 hours'
                from generate_series(1, 6) n
                """,
            what: "mail of bookings", says: ["3 bounced in the last day: 3 × 550 5.1.1 …: no such user", "docs/mail.md"]),
        Fault(
            testDescription: "parked pushes",
            sql: """
                insert into loyalty.deliveries (kind, dedupe_key, payload, status, attempts, last_error)
                values ('push', 'a', '{}', 'parked', 10, 'the server answered 500'), ('push', 'b', '{}', 'parked', 10, 'the server answered 502'),
                       ('push', 'c', '{}', 'parked', 10, 'the server answered 500')
                """,
            what: "push of loyalty-notifier",
            says: ["3 parked in the last day: 2 × the server answered 500; 1 × the server answered 502", "update loyalty.deliveries"]),
        Fault(
            testDescription: "mails that are tried again and again",
            sql: """
                insert into events.deliveries (kind, dedupe_key, payload, attempts, last_error, created_at, next_attempt_at)
                values ('mail', 'a', '{}', 9, '530 5.7.0: check SMTP_USER', now() - interval '2 hours', now() + interval '1 hour'),
                       ('mail', 'b', '{}', 1, 'a busy server', now(), now() + interval '5 s')
                """,
            what: "mail of events", says: ["1 tried for more than an hour: 1 × 530 5.7.0: check SMTP_USER"]),
        Fault(
            testDescription: "a refund that the gateway refused",
            sql: """
                with paid as (
                    insert into payments.payments (id, booking_id, user_id, amount, currency, gateway, reference, status, paid_at)
                    values (1, 1, 7, 4500, 'EUR', 'paystack', 'trx-1', 'succeeded', now()) returning id)
                insert into payments.refunds (payment_id, booking_id, amount, currency, cause, status, requested_at, settled_at, failure)
                select id, 1, 4500, 'EUR', 'approved', 'failed', now(), now(), 'account closed' from paid
                """,
            what: "refunds", says: ["4500 EUR of payment trx-1 could not go back: account closed", "boxoffice payment give-back trx-1"]),
        Fault(
            testDescription: "a booking that is owed money",
            sql: """
                insert into bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, status, refund_failure)
                values ('B-1', 1, 1, 1, 4500, 'EUR', 'cancelled', 'only 0 of 4500 are left')
                """,
            what: "refunds", says: ["money of booking B-1 could not go back: only 0 of 4500 are left"]),
        Fault(
            testDescription: "a payment that waits for a person",
            sql: """
                insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference, status, review_since, review_reason)
                values (1, 7, 4500, 'EUR', 'paystack', 'trx-2', 'processing', now(), 'it took 4400 EUR')
                """,
            what: "payments", says: ["trx-2 waits for a person since", "it took 4400 EUR", "boxoffice payment accept or give-back trx-2"]),
        Fault(
            testDescription: "books that do not balance",
            sql: """
                insert into events.events (id, organizer_id, title, time_zone, starts_at, price, currency, total_tickets, tickets_sold)
                values (3, 1, 'A play', 'UTC', now(), 100, 'EUR', 10, 2), (4, 1, 'A play', 'UTC', now(), 100, 'EUR', 10, 1)
                """,
            what: "audit", says: ["\"tickets sold are the tickets held\" does not hold 2 times, for event 3: 2 sold, 0 held", "boxoffice audit"]),
    ]

    private static let subjects = ["runs", "outboxes", "deliveries", "refunds", "payments", "audit"]

    /// What the doctor says of the database; a broker that is not configured needs no time.
    private func look(_ environment: TestEnvironment) async throws -> [CheckResult] {
        var boxoffice = CommandLineTool(environment)
        boxoffice.variables["AMQP_URL"] = nil
        return try await boxoffice("doctor", "--json").json(as: [CheckResult].self)
    }

    private static let schedule: SQL = """
        insert into operations.schedules (job, service, cron, zone, misfire, description)
        values ('analytics.generate-monthly-summary', 'analytics', '0 8 1 * *', 'UTC', 'all', 'Reports.')
        """

    @Test("Each fault makes a line of its own, and every other line stays ok", arguments: faults)
    func fault(_ fault: Fault) async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(Self.schedule)
            try await environment.database.script(fault.sql)
            let results = try await look(environment)
            let failures = results.filter { $0.status == "FAIL" && $0.what != "configuration" && $0.what != "broker" }
            #expect(failures.map(\.what) == [fault.what], "\(failures)")
            for text in fault.says { #expect(failures.first?.detail.contains(text) == true, "\(text): \(failures)") }
            for subject in Self.subjects where !failures.map(\.what).contains(where: { Self.replaces($0, subject) }) {
                #expect(results.contains { $0.status == "ok" && $0.what == subject }, "\(subject): \(results)")
            }
        }
    }

    private static func replaces(_ line: String, _ subject: String) -> Bool {
        line == subject || subject == "outboxes" && line.hasPrefix("outbox of")
            || subject == "deliveries" && (line.hasPrefix("mail of") || line.hasPrefix("push of"))
    }

    @Test("A check that cannot be made is a line, and the others are made")
    func brokenCheck() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(Self.schedule)
            try await environment.database.execute("alter table loyalty.outbox rename to elsewhere")
            let results = try await look(environment)
            #expect(results.contains { $0.status == "FAIL" && $0.what == "outboxes" && $0.detail.contains("loyalty.outbox") })
            for subject in ["runs", "deliveries", "audit"] { #expect(results.contains { $0.status == "ok" && $0.what == subject }) }
        }
    }

    @Test("A database that is away hides no other line")
    func away() async throws {
        let boxoffice = CommandLineTool(["DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"])
        let results = try await boxoffice("doctor", "--json").json(as: [CheckResult].self)
        #expect(results.contains { $0.status == "FAIL" && $0.what == "database" })
        #expect(results.filter { $0.status == "skip" }.map(\.what).filter(Self.subjects.contains) == Self.subjects)
    }

    @Test("Outboxes and deliveries of every service are looked at")
    func everySchema() {
        for schema in Domain.all.map(\.schema) {
            #expect(OutboxCheck.waiting.text.contains("from \(schema).outbox"))
            #expect(DeliveryCheck.troubled.text.contains("from \(schema).deliveries"))
        }
    }

    @Test("A service is asked where it answers; one that is dead, not ready or not consuming is told, and one of which nothing is known is skipped")
    func services() async throws {
        try await TestEnvironment.open { environment in
            try await environment.broker.declare(.init(queues: [.init("events.events", arguments: ["x-queue-type": "quorum"])]))
            try await StubServices.open { stubs in
                let (ready, notReady) = (try FreePort.find(), try FreePort.find())
                let settings = stubs.settings.merging(["HTTP_PORT": "\(ready)"]) { $1 }
                let waiting = settings.merging(["HTTP_PORT": "\(notReady)", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"]) { $1 }
                try await environment.with(Payments.self, settings: settings) { _ in
                    try await environment.with(Payments.self, settings: waiting) { _ in
                        var boxoffice = CommandLineTool(environment)
                        boxoffice.variables["PAYMENTS_HTTP_PORT"] = "\(ready)"
                        boxoffice.variables["HTTP_HOST"] = "0.0.0.0"
                        boxoffice.variables["BOOKINGS_HTTP_URL"] = "http://127.0.0.1:\(notReady)/,http://127.0.0.1:1"
                        boxoffice.variables["EVENTS_HTTP_URL"] = stubs.url
                        boxoffice.variables["TICKETS_CACHE_HTTP_URL"] = "elsewhere"
                        var lines: [CheckResult] = []
                        try await environment.eventually("payments is not ready") {
                            lines = try await boxoffice("doctor", "--json").json(as: [CheckResult].self)
                            return lines.contains { $0.what == "service payments" && $0.status == "ok" }
                        }
                        func details(_ what: String, _ status: String) -> [String] {
                            lines.filter { $0.what == what && $0.status == status }.map(\.detail)
                        }
                        #expect(details("service payments", "ok") == ["http://127.0.0.1:\(ready) is ready"])
                        let bookings = details("service bookings", "FAIL")
                        #expect(bookings.count == 2)
                        #expect(bookings.first?.contains("is not ready: waiting for the database") == true, "\(bookings)")
                        #expect(bookings.last?.contains("http://127.0.0.1:1 does not answer") == true)
                        #expect(details("service events", "FAIL").first?.contains("as no service does") == true)
                        #expect(details("service tickets-cache", "FAIL").first?.contains("TICKETS_CACHE_HTTP_URL is \"elsewhere\"") == true)
                        #expect(details("service loyalty-notifier", "skip").first?.contains("LOYALTY_NOTIFIER_HTTP_PORT") == true)
                        #expect(
                            details("consumers of events", "FAIL").first?.contains("nobody consumes events.events (0 wait): start events") == true)
                        #expect(details("consumers of payments", "FAIL").isEmpty)
                    }
                }
            }
        }
    }
}
