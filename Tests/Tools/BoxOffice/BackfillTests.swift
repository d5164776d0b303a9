import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Analytics
@testable import Payments

@Suite("boxoffice backfill")
struct BackfillTests {
    private func open(_ body: @Sendable @escaping (TestEnvironment, CommandLineTool) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            try await environment.adoptSchedules(zone: "Europe/Madrid")
            try await StubServices.open { stubs in
                let settings = stubs.settings.merging(["REPORT_RECIPIENTS": "ann@example.org"]) { $1 }
                try await environment.with(Analytics.self, settings: settings) { _ in
                    try await environment.with(Payments.self, settings: settings) { _ in try await body(environment, CommandLineTool(environment)) }
                }
            }
        }
    }

    private static let tiles: SQL = """
        select count(*)::int from (select period_start <> lag(period_end) over (order by period_end) as gap from analytics.reports where kind = 'daily') t
        where gap
        """

    @Test("It shows which periods are missing, makes them by the schedule's fire times, mails nobody, and does not make them again")
    func missingOnly() async throws {
        try await open { environment, boxoffice in
            let arguments = ["backfill", "analytics.generate-daily", "--from", "2026-03-01", "--to", "2026-04-01"]
            let look = try await boxoffice.run(arguments + ["--dry-run"])
            #expect(look.status == 0, "\(look.errors)")
            #expect(look.output.hasPrefix("31 periods, 0 with a report, 31 without\n"))
            #expect(try await environment.value("select count(*)::int from operations.job_runs", as: Int.self) == 0)

            let first = try await boxoffice.run([
                "backfill", "analytics.generate-daily", "--from", "2026-03-10", "--to", "2026-03-20", "--missing-only",
            ])
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.lines.last == "10 of 10 made")
            let rest = try await boxoffice.run(arguments + ["--missing-only"])
            #expect(rest.status == 0, "\(rest.errors)")
            #expect(rest.lines.first == "31 periods, 10 with a report, 21 without")
            #expect(rest.lines.last == "21 of 21 made")
            #expect(try await environment.value("select count(*)::int from analytics.reports", as: Int.self) == 31)
            #expect(try await environment.value(Self.tiles, as: Int.self) == 0)
            // The night of 29 March has an hour less.
            #expect(
                try await environment.value(
                    "select period_end::text from analytics.reports where period_end - period_start = interval '23 h'", as: String.self)
                    == "2026-03-29 21:00:00+00")
            #expect(try await environment.value("select count(*)::int from analytics.deliveries", as: Int.self) == 0)
            #expect(try await environment.value("select bool_and(body ? 'estimates') from analytics.reports", as: Bool.self) == true)
            let again = try await boxoffice.run(arguments + ["--missing-only"])
            #expect(again.output == "31 periods, 31 with a report, 0 without\n  exists  31 from 2026-02-28T22:00:00Z to 2026-03-31T21:00:00Z\n")
        }
    }

    @Test("Months, weeks and other services' reports have their own periods")
    func others() async throws {
        try await open { environment, boxoffice in
            for (job, from, to, count) in [
                ("analytics.generate-monthly-summary", "2026-01-01", "2026-04-01", 3),
                ("analytics.generate-weekly-report", "2026-03-01", "2026-03-31", 5),
                ("payments.generate-analytics", "2026-03-28", "2026-03-31", 3),
            ] {
                let call = try await boxoffice("backfill", job, "--from", from, "--to", to)
                #expect(call.status == 0, "\(job): \(call.errors)")
                #expect(call.lines.last == "\(count) of \(count) made", "\(job): \(call.output)")
            }
            let months = try await environment.database.query(
                "select (period_start at time zone 'Europe/Madrid')::date::text from analytics.reports where kind = 'monthly' order by 1",
                as: String.self)
            #expect(months == ["2026-01-01", "2026-02-01", "2026-03-01"])
        }
    }

    @Test("Wrong arguments are refused with what is right")
    func arguments() async throws {
        let boxoffice = CommandLineTool()
        for (arguments, reason) in [
            (["analytics.monitor-real-time", "--from", "2026-01-01", "--to", "2026-01-02"], "makes no reports of periods"),
            (["analytics.generate-daily", "--from", "2026-02-30", "--to", "2026-03-02"], "--from 2026-02-30 is no day"),
            (["analytics.generate-daily", "--from", "2026-03-02", "--to", "2026-03-02"], "--from must be before --to"),
        ] {
            let call = try await boxoffice.run(["backfill"] + arguments)
            #expect(call.status == 64 && call.errors.contains(reason), "\(call.errors)")
        }
    }
}
