import Contracts
import FoundationEssentials
import Glibc
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Interrupted backfill")
    struct BackfillFaults {
        private static let days = 60

        @Test("boxoffice backfill is ended by SIGTERM, then by SIGKILL, in the middle: it goes on, and each report is made once with its figures")
        func interrupted() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                try await environment.database.execute(
                    """
                    insert into bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at)
                    select n, n, 1, 1, 100, 'EUR', 'confirmed', at, at
                    from generate_series(1, $1) n cross join lateral (select timestamptz '2026-01-01 10:00Z' + (n - 1) * interval '1 day' as at) t
                    """, Self.days)
                _ = try await fixture.startReady("analytics", ["REPORT_RECIPIENTS": "ann@example.org"])
                for (signal, made) in [(SIGTERM, 5), (SIGKILL, 30)] {
                    let backfill = try command(fixture)
                    try await environment.eventually("\(made) reports are made") {
                        try await reports(environment) >= made || backfill.hasEnded != nil
                    }
                    // The next report waits for somebody who holds the table.
                    try await environment.database.dryRun { holder in
                        try await holder.execute("lock table analytics.reports in share mode")
                        try await environment.eventually(
                            """
                            select count(*) from pg_locks l join pg_stat_activity a using (pid)
                            where l.relation = 'analytics.reports'::regclass and not l.granted and a.usename = 'analytics'
                            """, 1)
                        backfill.signal(signal)
                        #expect(try await backfill.ended() == .killed(signal))
                    }
                    #expect(try await reports(environment) < Self.days)
                }
                let last = try command(fixture)
                #expect(try await last.ended() == .exited(0), "\(last.output)")
                #expect(try await reports(environment) == Self.days)
                let figures = try await environment.database.query(
                    """
                    select concat_ws(' ', count(*) filter (where body #>> '{bookings,confirmed}' = '1'), count(revised_at),
                                     count(*) filter (where period_start <> before))
                    from (select body, revised_at, period_start, lag(period_end) over (order by period_end) as before from analytics.reports) r
                    """, as: String.self)
                #expect(figures == ["60 0 0"])
                #expect(try await environment.value("select count(*)::int from analytics.deliveries", as: Int.self) == 0)
            }
        }

        private func command(_ fixture: FaultFixture) throws -> ServiceProcess {
            try fixture.run(
                "boxoffice", ["backfill", "analytics.generate-daily", "--from", "2026-01-01", "--to", "2026-03-02", "--missing-only"],
                ["DATABASE_URL": fixture.environment.databaseURL, "AMQP_URL": fixture.environment.amqpURL])
        }

        private func reports(_ environment: TestEnvironment) async throws -> Int {
            try await environment.value("select count(*)::int from analytics.reports", as: Int.self) ?? 0
        }
    }
}
