import Contracts
import Foundation
import Platform
import Postgres
import Support
import Testing

@testable import Bookings
@testable import Console
@testable import TickPublisher

private let chromium = ProcessInfo.processInfo.environment["BOXOFFICE_CHROMIUM"].flatMap { $0.isEmpty ? nil : $0 }

/// The console in a real browser (`Browser/console.py`), with services that do the work.
@Suite("The console in Chromium", .enabled(if: chromium != nil, "BOXOFFICE_CHROMIUM must name a Chromium; `make test` sets it where apt has one"))
struct BrowserTests {
    private static let job = JobName.bookingsSendConfirmations
    /// Nobody works their ticks.
    private static let (paused, other) = (JobName.eventsUpdateStatuses, JobName.paymentsCleanupAbandoned)

    @Test("A failing job is seen at home, its row mended, tried, run and watched by keyboard; paused no tick comes; resumed without scripts")
    func shift() async throws {
        try await StubServices.open { stubs in
            try await ConsoleFixture.open { fixture in
                let environment = fixture.environment
                // The scheduler goes by the database's clock.
                environment.clock.run()
                try await environment.with(Bookings.self, settings: stubs.settings) { _ in
                    try await environment.with(TickPublisher.self, settings: ["SCHEDULES_FILE": "\(Program.root)/Contracts/schedules.yaml"]) { _ in
                        try await fixture.account("ana", .operator)
                        try await environment.eventually("select count(*) from operations.schedules where job = $1", 1, [Self.job.rawValue])
                        // Their ticks come each second, that of the job does not disturb.
                        for (job, cron) in [(Self.paused, "* * * * * *"), (Self.other, "* * * * * *"), (Self.job, "0 0 1 1 *")] {
                            try await environment.database.execute(
                                "select operations.change_schedule('tester', $1, jsonb_build_object('cron', $2::text))", job.rawValue, cron)
                        }
                        try await environment.eventually("ticks come") { try await ticks(of: Self.paused, environment) > 0 }
                        try await Self.bookingWithoutAddress(environment.database)
                        _ = try await environment.ended(environment.tick(Self.job, trigger: .manual))

                        let read = try await use("read", fixture, as: Read.self)
                        #expect(read.rows.contains { $0.contains("has no e-mail address") }, "\(read.rows)")
                        try await environment.database.execute("update storefront.users set email = 'bea@example.org'")

                        let work = try await use("work", fixture, as: Work.self)
                        #expect(work.dryRun.contains("What it would cause") && work.run.contains("What it caused"), "\(work)")
                        #expect(try await stubs.mails().count == 1)
                        #expect(try await environment.database.query("select count(*) from bookings.deliveries", as: Int.self) == [1])
                        let before = try await ticks(of: Self.paused, environment)
                        let others = try await ticks(of: Self.other, environment)
                        try await environment.eventually("other ticks come") { try await ticks(of: Self.other, environment) > others + 2 }
                        #expect(try await ticks(of: Self.paused, environment) == before)
                        _ = try await use("resume", fixture, as: Nothing.self)
                        try await environment.eventually("its ticks come again") { try await ticks(of: Self.paused, environment) > before }
                    }
                }
            }
        }
    }

    @Test("Every page, on a phone and a desktop, light and dark: nothing serious by axe-core's rules, nothing scrolls sideways; a page prints")
    func look() async throws {
        try await ConsoleFixture.open { fixture in
            try await fixture.account("ana", .admin)
            let (database, now) = (fixture.environment.database, fixture.environment.clock.now)
            try await database.execute(Self.example, Self.job.rawValue, now)
            let id = try #require(try await database.query("select max(id) from operations.job_runs", as: Int.self).first)
            let pages = [
                "home": "/", "jobs": "/jobs", "job": "/jobs/\(Self.job)", "runs": "/runs", "run": "/runs/\(id)", "calendar": "/calendar",
                "services": "/services", "audit": "/audit", "missing": "/nothing",
            ]
            let found = try await use("look", fixture, pages: pages, as: Looked.self)
            for problem in found.problems.prefix(20) { Issue.record("\(problem)") }
            #expect(found.problems.isEmpty, "\(found.problems.count) problems")
        }
    }

    private func ticks(of job: JobName, _ environment: TestEnvironment) async throws -> Int {
        try await environment.database.query("select count(*) from operations.ticks where job = $1", as: Int.self, job.rawValue).first ?? 0
    }

    // MARK: - Steps

    private struct Order: Encodable {
        let url: String
        let name = "ana"
        let password = "correct horse battery"
        let job = BrowserTests.job.rawValue
        let paused = BrowserTests.paused.rawValue
        let shots: String
        let pages: [String: String]
    }

    private struct Read: Decodable {
        let rows: [String]
    }

    private struct Work: Decodable {
        let dryRun: String
        let run: String
    }

    private struct Looked: Decodable {
        let problems: [String]
    }

    private struct Nothing: Decodable {}

    private func use<Seen: Decodable>(
        _ step: String, _ fixture: ConsoleFixture, pages: [String: String] = [:], as type: Seen.Type
    ) async throws -> Seen {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Browser/console.py").path
        let order = Order(url: "http://127.0.0.1:\(fixture.ports[0])", shots: "\(Program.root)/.run/test/shots", pages: pages)
        let outcome = try await Program.run(try Program.python(), ["-B", script, step], input: try JSONEncoder().encode(order))
        try #require(outcome.status == 0, "\(step): \(outcome.errors)")
        return try JSONDecoder().decode(Seen.self, from: outcome.output)
    }

    // MARK: - Rows

    private static func bookingWithoutAddress(_ database: PostgresClient) async throws {
        try await database.execute("insert into storefront.users (id, email, first_name, language) values (2, '', 'Bea', 'en-us')")
        try await database.execute(
            """
            insert into events.events (id, organizer_id, title, location, time_zone, starts_at, price, currency, total_tickets)
            values (1, 1, 'The Magic Flute', 'Plaza 1', 'UTC', now() + interval '30 days', 1000, 'EUR', 100)
            """)
        try await database.execute(
            """
            insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at)
            values (1, 'B-1', 2, 1, 1, 1000, 'EUR', 'confirmed', now(), now())
            """)
    }

    private static let example: SQL = """
        with schedule as (
            insert into operations.schedules (job, service, cron, zone, misfire, description, decided_through)
            values ($1::text, 'bookings', '*/10 * * * *', 'Europe/Madrid', 'latest', 'Mails confirmations.', $2::timestamptz)),
        alert as (
            insert into operations.alerts (kind, subject, service, since, details)
            values ('disk-space', '/srv/uploads', 'maintenance', $2::timestamptz, '{"summary": "2 % of the disk is free."}')),
        process as (
            insert into operations.heartbeats (service, instance, version, started_at, seen_at, interval_seconds, resident_bytes)
            values ('bookings', 'bookings@host/1', '1.2.3', now(), now(), 30, 50000000)),
        done as (
            insert into console.audit (actor, role, address, action, subject, reason) values ('ana', 'admin', '127.0.0.1', 'job.run', 'x', 'to see'))
        insert into operations.job_runs (job, tick_id, trigger, scheduled_for, started_at, finished_at, touched_at, outcome, processed, failed, service,
                                         details)
        select $1::text, $1::text || '@' || n, 'schedule', $2::timestamptz - n * interval '10 min', $2::timestamptz - n * interval '10 min',
               $2::timestamptz - n * interval '10 min' + n * interval '1 s', $2::timestamptz, case when n < 3 then 'partial' else 'succeeded' end, 100 * n, 1,
               'bookings',
               '{"errors": [{"row": "booking 7", "error": "user 2 has no e-mail address, and the reason of it is a long one that goes on and on"}],
                 "rows": {"confirmation mailed": {"count": 99, "first": ["booking 1", "booking 2"]}}, "delivered": {"mail": 99}}'
        from generate_series(20, 1, -1) n
        """
}
