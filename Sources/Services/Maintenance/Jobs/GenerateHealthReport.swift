import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Reports how services and database are: memory, uptime, backlog and failures of every service, the runs of the day that
/// ended, and what of the database needs somebody (Contracts/reports/health.schema.json, docs/upkeep.md). It is mailed to
/// `REPORT_RECIPIENTS` once a day. Too much memory is an alert.
///
/// The figures of a report are those of the moment at which it was made: one that is made again has others.
struct GenerateHealthReport: ReportJob {
    static let name = JobName.maintenanceGenerateHealthReport
    /// The most rows of a service's tables that are counted.
    private static let mostCounted = 100_000

    let memory: MemoryAlerts
    let recipients: [Recipient]

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let day = try await slice.period(tx)
        let processes = try await ProcessHealth.all(tx)
        try await memory.judge(processes, tx)
        guard let database = try await DatabaseHealth.read(tx) else { throw NoDatabaseHealth() }
        let report = HealthReport(
            processes: processes, backlogs: try await tx.query(Self.backlogs, as: Backlogs.Tables.self, Self.mostCounted),
            runs: try await tx.query(Self.runs, as: HealthReport.Runs.self, day.start, day.end), database: database,
            memoryLimit: memory.bytes)
        try tx.keep(Report(.daily, of: day, body: PostgresJSON(report)))
        for finding in report.findings { tx.note(finding.text, "finding: \(finding.kind)") }
        if !recipients.isEmpty, slice.parameters["mail"] != "no" {
            try tx.mail(HealthMail(report: report, period: day, zone: try await slice.zone(tx)).mails(to: recipients))
        }
        return Progress(report.services.count)
    }

    /// operations.database_health() returned no row, which it always does.
    struct NoDatabaseHealth: Error, PermanentFailure, CustomStringConvertible {
        var description: String { "operations.database_health() returned no row: compare it with the migrations (boxoffice migrate)" }
    }

    private static let backlogs: SQL = """
        select service, outbox, outbox_seconds, deliveries, deliveries_seconds, failed_deliveries from operations.backlogs($1)
        """

    private static let runs: SQL = """
        select job, count(*) filter (where outcome = 'succeeded') as succeeded, count(*) filter (where outcome = 'partial') as partial,
               count(*) filter (where outcome = 'failed') as failed, count(*) filter (where outcome = 'skipped') as skipped,
               count(*) filter (where outcome = 'superseded') as superseded, count(*) filter (where outcome = 'running') as running
        from operations.job_runs where started_at >= $1::timestamptz and started_at < $2::timestamptz and not dry_run
        group by job order by job limit 1000
        """
}
