import Contracts
import Foundation
import Platform
import Postgres
import Support
import Testing

@testable import Analytics
@testable import Maintenance

@Suite("Reports have the bodies that Contracts/reports describes")
struct ReportSchemaTests {
    private struct Case: Codable, Sendable {
        let kind: String
        let json: String
    }

    private static let jobs: [JobName] = [
        .analyticsGenerateDaily, .analyticsGenerateWeeklyReport, .analyticsGenerateMonthlySummary, .analyticsMonitorRealTime,
    ]

    @Test("Of periods with and without anything in them, each kind of report is what its schema allows")
    func bodies() async throws {
        let now = try #require(RFC3339.date(from: "2026-11-02T09:00:00Z"))
        try await TestEnvironment.open(at: now) { environment in
            try await environment.adoptSchedules()
            try await StubServices.open { stubs in
                try await environment.with(Analytics.self, settings: stubs.settings) { _ in
                    for offset: TimeInterval in [0, 365 * 86_400] {
                        for job in Self.jobs {
                            let tick = try await environment.tick(job, at: now - offset, trigger: .manual, misfire: .all)
                            #expect(try await environment.ended(tick).outcome == .succeeded)
                        }
                        // The later periods are reported first; the earlier ones are empty.
                        if offset == 0 { try await insert(environment) }
                    }
                    for job in Self.jobs {
                        let tick = try await environment.tick(job, at: now, trigger: .manual, misfire: .all)
                        #expect(try await environment.ended(tick).outcome == .succeeded)
                    }
                }
            }
            let cases = try await environment.database.query("select kind, body::text as json from analytics.reports", as: Case.self)
            #expect(cases.count == 8)
            let verdicts = try JSONDecoder().decode([String?].self, from: SchemaValidator.ask("reports", JSONEncoder().encode(cases)))
            for (report, verdict) in zip(cases, verdicts) { #expect(verdict == nil, "\(report.kind) \(report.json)") }
            let others = [Case(kind: "daily", json: "{}"), Case(kind: "weekly", json: cases.first { $0.kind == "daily" }?.json ?? "")]
            let refused = try JSONDecoder().decode([String?].self, from: SchemaValidator.ask("reports", JSONEncoder().encode(others)))
            #expect(refused.allSatisfy { $0 != nil })
        }
    }

    @Test("The health report is what its schema allows, with processes and findings and without")
    func health() async throws {
        let now = Date()
        try await TestEnvironment.open(at: now) { environment in
            try await environment.adoptSchedules()
            try await StubServices.open { stubs in
                try await environment.with(Maintenance.self, settings: stubs.settings) { _ in
                    for number in 0..<2 {
                        let end = now + TimeInterval(number)
                        let tick = try await environment.tick(.maintenanceGenerateHealthReport, at: end, trigger: .manual, previous: end - 86_400)
                        #expect(try await environment.ended(tick).outcome == .succeeded)
                        try await environment.database.execute(
                            """
                            insert into operations.heartbeats (service, instance, version, started_at, seen_at, interval_seconds, last_error)
                            values ('payments', 'payments@a/1', '1', now(), now(), 30, '{"kind": "other", "text": "", "at": "now"}')
                            on conflict do nothing
                            """)
                    }
                }
            }
            let cases = try await environment.database.query("select 'health' as kind, body::text as json from maintenance.reports", as: Case.self)
            #expect(cases.count == 2)
            let verdicts = try JSONDecoder().decode([String?].self, from: SchemaValidator.ask("reports", JSONEncoder().encode(cases)))
            for (report, verdict) in zip(cases, verdicts) { #expect(verdict == nil, "\(report.json)") }
        }
    }

    private func insert(_ environment: TestEnvironment) async throws {
        try await environment.database.execute("insert into storefront.users (id, created_at) values (1, '2026-11-01T22:00:00Z')")
        try await environment.database.execute(
            """
            insert into events.events (id, organizer_id, title, category, time_zone, starts_at, price, currency, total_tickets)
            values (1, 1, 'Opera', 'music', 'UTC', '2026-12-24', 100, 'EUR', 10)
            """)
        try await environment.database.execute(
            """
            insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at)
            values (1, 'B-1', 1, 1, 2, 200, 'EUR', 'confirmed', '2026-11-01T22:30:00Z', '2026-11-01T22:31:00Z'),
                   (2, 'B-2', 1, 7, 2, 300, 'USD', 'confirmed', '2026-10-30T22:30:00Z', '2026-10-30T22:31:00Z')
            """)
        try await environment.database.execute(
            """
            insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference, status, paid_at)
            values (1, 1, 200, 'EUR', 'card', 'R-1', 'succeeded', '2026-11-01T22:31:00Z'),
                   (2, 1, 300, 'USD', 'card', 'R-2', 'succeeded', '2026-10-30T22:31:00Z')
            """)
    }
}
