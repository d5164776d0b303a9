import Contracts
import Foundation
import Platform
import Postgres
import Support
import Testing

@testable import Maintenance

@Suite("The health report")
struct HealthReportTests {
    private static let settings = [
        "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1", "SMTP_FROM": "ops@boxoffice.example", "FRONTEND_URL": "http://127.0.0.1:1",
        "REPORT_RECIPIENTS": "Ann <ann@example.org>, ops@example.org",
    ]

    private static let alerts: SQL = """
        select coalesce(string_agg(subject || case when until is null then ' open' else ' over' end, ', ' order by id), '') from operations.alerts
        where kind = 'memory' and subject not like 'maintenance@%'
        """

    private func beats(_ environment: TestEnvironment, _ megabytes: Int) async throws {
        try await environment.database.execute(
            """
            insert into operations.heartbeats
                (service, instance, version, started_at, seen_at, interval_seconds, resident_bytes, oldest_work_seconds, backlog, last_error)
            values ('payments', 'payments@a/1', '1', now() - interval '1 hour', now() + interval '1 hour', 30, $1::bigint * 1000000, null,
                    '{"queues": {"payments.events": {"messages": 7, "unacked": 3, "oldestSeconds": 12, "stalledSeconds": 1},
                                 "payments.parked": {"messages": 2, "unacked": 0}}}',
                    '{"kind": "outside", "text": "the gateway is silent", "at": "2026-11-26T06:00:00Z"}'),
                   ('bookings', 'bookings@a/1', '1', now() - interval '1 hour', now() - interval '1 hour', 30, 1, 700, '{"queues": "not an object"}', null)
            on conflict (service, instance) do update set resident_bytes = excluded.resident_bytes
            """, megabytes)
    }

    @Test("It names what needs somebody, in a mail a day; a dry run sends none, and a second run reports anew and mails nobody again")
    func report() async throws {
        let now = Date()
        try await TestEnvironment.open(at: now) { environment in
            try await environment.adoptSchedules()
            try await environment.with(Maintenance.self, settings: Self.settings) { _ in
                try await beats(environment, 600)
                try await environment.database.execute(
                    """
                    insert into operations.job_runs (job, tick_id, trigger, scheduled_for, started_at, finished_at, outcome, service)
                    select 'bookings.cancel-expired', n, 'schedule', now(), now() - interval '1 hour', now(), outcome, 'bookings'
                    from unnest(array['succeeded', 'succeeded', 'failed']) with ordinality as runs (outcome, n)
                    """)
                func run(dryRun: Bool = false) async throws -> EndedRun {
                    let tick = try await environment.tick(
                        .maintenanceGenerateHealthReport, at: now, trigger: .manual, dryRun: dryRun, previous: now - 86_400, next: now + 86_400)
                    return try await environment.ended(tick)
                }
                let dry = try await run(dryRun: true)
                #expect(dry.outcome == .succeeded)
                #expect(dry.details.contains("finding: memory"))
                #expect(try await environment.value("select count(*) from maintenance.reports", as: Int.self) == 0)
                #expect(
                    try await environment.value(
                        "select count(*) from maintenance.deliveries where dedupe_key like 'health-report/%'", as: Int.self) == 0)
                for _ in 1...2 { #expect(try await run().outcome == .succeeded) }
                #expect(
                    try await environment.value("select kind || ' ' || jsonb_array_length(earlier) from maintenance.reports")
                        == "daily 1")
                #expect(
                    try await environment.value(
                        """
                        select string_agg(distinct finding ->> 'kind', ', ' order by finding ->> 'kind')
                        from maintenance.reports cross join jsonb_array_elements(body -> 'findings') finding
                        where finding ->> 'kind' in ('failed-runs', 'memory', 'parked-messages', 'service-missing', 'service-silent', 'service-stalled')
                        """) == "failed-runs, memory, parked-messages, service-missing, service-silent")
                #expect(
                    try await environment.value(
                        """
                        select concat_ws(' ', s ->> 'messages', s ->> 'oldestMessageSeconds', s ->> 'parkedMessages', s #>> '{processes,0,lastError,text}')
                        from maintenance.reports cross join jsonb_array_elements(body -> 'services') s where s ->> 'service' = 'payments'
                        """) == "10 12 2 the gateway is silent")
                #expect(
                    try await environment.value(
                        "select count(*) from maintenance.deliveries where dedupe_key like 'health-report/%'", as: Int.self) == 2)
            }
        }
    }

    @Test("A process above 512 MB is an alert, over below nine tenths of that and not at the limit")
    func memory() async throws {
        try await TestEnvironment.open { environment in
            try await beats(environment, 600)
            try await environment.with(Maintenance.self, settings: Self.settings.merging(["HEARTBEAT_SECONDS": "1"]) { $1 }) { _ in
                try await environment.eventually(Self.alerts, "payments@a/1 open")
                try await beats(environment, 500)
                let seen: SQL = "select max(seen_at)::text from operations.heartbeats where service = 'maintenance'"
                let before = try await environment.value(seen, as: String.self)
                try await environment.eventually("it does not beat") { try await environment.value(seen, as: String.self) != before }
                try await environment.eventually(Self.alerts, "payments@a/1 open")
                try await beats(environment, 400)
                try await environment.eventually(Self.alerts, "payments@a/1 over")
            }
        }
    }
}
