import AMQP
import Contracts
import Curl
import Foundation
import Platform
import Postgres
import Support
import Testing

@testable import Maintenance

@Suite("What stands still though its processes beat")
struct BacklogTests {
    private static let settings = [
        "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1", "SMTP_FROM": "ops@boxoffice.example", "FRONTEND_URL": "http://127.0.0.1:1",
        "REPORT_RECIPIENTS": "ops@example.org", "HEARTBEAT_SECONDS": "1",
    ]

    private static let alerts: SQL = """
        select count(*) filter (where until is null) || ' open, ' || count(*) filter (where no_data_since is not null) || ' without data, '
            || count(*) || ' in all' from operations.alerts where kind = $1 and subject = $2
        """

    private func with(_ body: @Sendable (TestEnvironment, ServiceHost) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(
                """
                insert into events.outbox (exchange, routing_key, message_id, body, created_at)
                values ('boxoffice.events', 'a', '1', '{}', now() - interval '1 day')
                """)
            try await environment.with(Maintenance.self, settings: Self.settings) { host in try await body(environment, host) }
        }
    }

    /// A process of bookings that says this of its events.
    private func beat(_ figures: String, _ environment: TestEnvironment, instance: String = "bookings@a/1") async throws {
        try await environment.database.execute(
            """
            insert into operations.heartbeats (service, instance, version, started_at, seen_at, interval_seconds, backlog)
            values ('bookings', $1, '1', now(), now() + interval '1 hour', 30, jsonb_build_object('queues', $2::jsonb))
            on conflict (service, instance) do update set backlog = excluded.backlog, seen_at = excluded.seen_at
            """, instance, #"{"bookings.events": \#(figures)}"#)
    }

    @Test("A queue of which nothing is completed for ten minutes is one alert, over on evidence and not for want of data")
    func queue() async throws {
        try await with { environment, _ in
            let subject: [any PostgresEncodable] = ["queue-stalled", "bookings.events"]
            try await environment.broker.declare(ServiceTopology(service: "bookings", jobs: [], types: [BookingRefunded.type]).topology)
            try await beat(#"{"messages": 0, "unacked": 5, "oldestSeconds": 800, "stalledSeconds": 700}"#, environment)
            try await environment.eventually(Self.alerts, "1 open, 0 without data, 1 in all", subject)
            // Another replica completes messages, but who holds some and completes none stands still all the same.
            try await beat(#"{"messages": 0, "unacked": 1, "oldestSeconds": 1, "stalledSeconds": 1}"#, environment, instance: "bookings@b/1")
            try await beat(#"{"messages": 0, "unacked": 5, "oldestSeconds": 500, "stalledSeconds": 400}"#, environment)
            try await looks(environment)
            try await environment.eventually(Self.alerts, "1 open, 0 without data, 1 in all", subject)
            try await beat(#"{"messages": 0, "unacked": 5, "oldestSeconds": 1, "stalledSeconds": 1}"#, environment)
            try await environment.eventually(Self.alerts, "0 open, 0 without data, 1 in all", subject)
            // Without the queue and without anybody who beats nothing is known.
            try await beat(#"{"messages": 0, "unacked": 5, "oldestSeconds": 800, "stalledSeconds": 700}"#, environment)
            try await environment.eventually(Self.alerts, "1 open, 0 without data, 2 in all", subject)
            try await environment.database.execute("delete from operations.heartbeats where service = 'bookings'")
            try await environment.broker.delete(queue: "bookings.events")
            try await environment.eventually(Self.alerts, "1 open, 1 without data, 2 in all", subject)
            #expect(
                try await environment.value(
                    "select count(*) from maintenance.deliveries where dedupe_key like 'alert-%' and payload #>> '{facts,kind}' = 'queue-stalled'",
                    as: Int.self) == 3)
        }
    }

    /// Waits until the watch has looked twice: it notes at each look that the outbox of events still stands.
    private func looks(_ environment: TestEnvironment) async throws {
        let row: SQL = "select xmin::text from operations.alerts where kind = 'outbox-stalled' and subject = 'events'"
        for _ in 1...2 {
            let version = try await environment.value(row, as: String.self)
            try await environment.eventually("the watch does not look again") {
                let now = try await environment.value(row, as: String.self)
                return now != nil && now != version
            }
        }
    }

    @Test("An outbox whose oldest message stays is an alert of its service, whether it runs or not")
    func outbox() async throws {
        try await with { environment, _ in
            let subject: [any PostgresEncodable] = ["outbox-stalled", "tickets-cache"]
            try await environment.database.execute(
                """
                insert into tickets.outbox (exchange, routing_key, message_id, body, created_at)
                select 'boxoffice.events', 'a', n::text, '{}', now() - age from unnest(array[interval '800 s', interval '400 s']) with ordinality as o (age, n)
                """)
            try await environment.eventually(Self.alerts, "1 open, 0 without data, 1 in all", subject)
            try await environment.database.execute("delete from tickets.outbox where created_at < now() - interval '700 s'")
            try await looks(environment)
            try await environment.eventually(Self.alerts, "1 open, 0 without data, 1 in all", subject)
            try await environment.database.execute("delete from tickets.outbox")
            try await environment.eventually(Self.alerts, "0 open, 0 without data, 1 in all", subject)
        }
    }

    @Test("Late ticks and a schedule that cannot be followed are one alert that names them; a paused schedule is never late")
    func schedule() async throws {
        try await with { environment, _ in
            let subject: [any PostgresEncodable] = ["schedule-late", "tick-publisher"]
            try await environment.database.execute(
                """
                insert into operations.schedules (job, service, cron, zone, misfire, description, enabled, decided_through, revision)
                select job, 'bookings', '* * * * *', 'UTC', 'latest', '', enabled, now() - age, n
                from (values (1, 'a.late', true, interval '1 h'), (2, 'a.paused', false, interval '1 h'), (3, 'a.right', true, interval '0')) s (n, job, enabled, age)
                """)
            try await environment.eventually(Self.alerts, "1 open, 0 without data, 1 in all", subject)
            #expect(
                try await environment.value(
                    "select (details -> 'figures')::text from operations.alerts where kind = 'schedule-late'", as: String.self)?
                    .contains("\"a.late\": \"was due at") == true)
            try await environment.database.execute("update operations.schedules set decided_through = now() + interval '1 h'")
            try await environment.eventually(Self.alerts, "0 open, 0 without data, 1 in all", subject)
            try await environment.database.execute("update operations.schedules set problem = 'the zone is on Mars' where job = 'a.right'")
            try await environment.eventually(Self.alerts, "1 open, 0 without data, 2 in all", subject)
        }
    }

    @Test("Gauges show every queue and table that is there, and are gone with it")
    func gauges() async throws {
        try await with { environment, host in
            var reader = BacklogReader(host.runtime)
            #expect(await host.runtime.ready())
            try await environment.database.execute(
                """
                insert into bookings.deliveries (kind, dedupe_key, payload, next_attempt_at)
                select 'mail', n::text, '{}', now() - n * interval '10 s' from generate_series(-1, 3) n
                """)
            try await environment.database.execute(
                """
                insert into operations.job_runs (job, tick_id, trigger, scheduled_for, started_at, finished_at, outcome, service, dry_run)
                values ('bookings.cancel-expired', 'a', 'schedule', now(), now(), to_timestamp(1000), 'succeeded', 'bookings', false),
                       ('bookings.cancel-expired', 'b', 'schedule', now(), now(), to_timestamp(2000), 'succeeded', 'bookings', true),
                       ('bookings.cancel-expired', 'c', 'schedule', now(), now(), to_timestamp(3000), 'failed', 'bookings', false),
                       ('made.up-by-somebody', 'd', 'schedule', now(), now(), to_timestamp(4000), 'succeeded', 'bookings', false)
                """)
            try await environment.broker.declare(ServiceTopology(service: "bookings", jobs: [], types: [BookingRefunded.type]).topology)
            try await environment.publish(raw: "{}", to: Exchange.events, "booking.refunded", id: "1")
            var shown: [String] = []
            try await environment.eventually("the gauges are not shown: \(shown)") {
                shown = try await reader.read().gauges.map { "\($0)" }
                return shown.contains { $0.contains(#"queue=\"bookings.events\""#) }
            }
            let gauges = try await reader.read().gauges
            let expected = [
                Metric.queueMessages.sample(1, "bookings.events"), Metric.queueMessages.sample(0, "bookings.parked"),
                Metric.outboxWaiting.sample(0, "tick-publisher"), Metric.deliveriesWaiting.sample(4, "bookings"),
                Metric.jobLastSuccess.sample(1000, "bookings.cancel-expired"),
            ]
            for sample in expected { #expect(gauges.contains(sample), "\(sample)") }
            #expect(!gauges.contains { "\($0)".contains("made.up") || "\($0)".contains("loyalty-notifier.events") })
            try await environment.broker.delete(queue: "bookings.events")
            #expect(try await !reader.read().gauges.contains { "\($0)".contains(#"queue=\"bookings.events\""#) })
        }
    }
}
