import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Killed reports")
    struct ReportFaults {
        @Test("analytics is killed in the middle of a report, twice: another process makes it with the same figures, and mails it once")
        func killed() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                try await environment.database.execute(
                    """
                    insert into bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at)
                    select n, n, 1, 2, 100, 'EUR', 'confirmed', '2026-03-10 10:00Z', '2026-03-10 10:00Z' from generate_series(1, 500) n
                    """)
                let settings = ["REPORT_RECIPIENTS": "ann@example.org"]
                var process = try await fixture.startReady("analytics", settings)
                let due = try #require(RFC3339.date(from: "2026-03-10T23:00:00Z"))
                var tick = ""
                for kill in 1...2 {
                    // The report is counted, and its row waits for somebody who holds the table.
                    try await environment.database.dryRun { holder in
                        try await holder.execute("lock table analytics.reports in share mode")
                        if kill == 1 { tick = try await environment.tick(.analyticsGenerateDaily, at: due, misfire: .all) }
                        try await environment.eventually(
                            """
                            select count(*) from pg_locks l join pg_stat_activity a using (pid)
                            where l.relation = 'analytics.reports'::regclass and not l.granted and a.usename = 'analytics'
                            """, 1)
                        try await process.kill()
                    }
                    #expect(try await environment.value("select count(*) from analytics.reports", as: Int.self) == 0)
                    process = try await fixture.startReady("analytics", settings)
                }
                #expect(try await environment.ended(tick).outcome == .succeeded)
                let again = try await environment.tick(.analyticsGenerateDaily, at: due, trigger: .manual, misfire: .all)
                #expect(try await environment.ended(again).outcome == .succeeded)
                let reports = try await environment.database.query(
                    "select concat_ws(' ', body -> 'bookings' -> 'confirmed', body -> 'bookings' -> 'tickets', revised_at) from analytics.reports",
                    as: String.self)
                #expect(reports == ["500 1000"])
                try await environment.endLeases(in: "analytics")
                try await environment.eventually("select count(*) from analytics.deliveries where status = 'sent'", 1)
                #expect(Set(try await fixture.stubs.mails().compactMap(\.messageId)).count == 1)
            }
        }
    }
}
