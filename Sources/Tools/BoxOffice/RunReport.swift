import Contracts
import FoundationEssentials
import Platform
import Postgres

/// A run as the command shows it.
struct RunReport: Decodable, Sendable {
    let id: Int
    let job: String
    let trigger: String
    let dryRun: Bool
    let startedAt: Date
    let seconds: Double?
    let outcome: RunOutcome
    /// It is running and made no progress for two minutes, which is longer than any lease: no service of its job is
    /// running, or none progresses.
    let isStalled: Bool
    /// How often its lease ended and another process took it over.
    let rescues: Int
    let processed: Int
    let failed: Int
    let published: String
    let delivered: String
    let firstError: String?
    /// Rows by what the job decided about them; of a dry run with the first hundred names.
    let decisions: [String]

    /// Prints runs as a table, and below it what they decided and their first errors.
    static func show(_ runs: [RunReport]) {
        Terminal.table(
            ["run", "job", "trigger", "started", "seconds", "outcome", "done", "failed", "published", "delivered"],
            runs.map { run in
                [
                    "\(run.id)", run.job, run.trigger + (run.dryRun ? " (dry)" : ""), RFC3339.string(from: run.startedAt),
                    run.seconds.map { "\(($0 * 1000).rounded() / 1000)" } ?? "", run.outcome.rawValue + run.remark,
                    "\(run.processed)", "\(run.failed)",
                    run.published, run.delivered,
                ]
            })
        for run in runs {
            for decision in run.decisions { Terminal.say("  run \(run.id): \(decision)") }
            if let error = run.firstError { Terminal.say("  run \(run.id): \(error)") }
        }
    }

    /// Unusual facts about the run, in parentheses.
    private var remark: String {
        let remarks = (isStalled ? ["stalled"] : []) + (rescues > 0 ? ["resumed" + (rescues > 1 ? " \(rescues) times" : "")] : [])
        return remarks.isEmpty ? "" : " (\(remarks.joined(separator: ", ")))"
    }

    /// The selected runs.
    enum Which {
        /// The newest, of one job or of all.
        case latest(job: String?, limit: Int)
        /// The run that a tick started.
        case tick(String)
        /// The one with this number.
        case id(Int)
        /// The newest run of a job that started at this time or before and was neither skipped nor a dry run.
        case running(job: String, before: Date)
    }

    /// Reads runs, newest first.
    static func read(_ which: Which, from database: PostgresClient) async throws -> [RunReport] {
        switch which {
        case .latest(let job, let limit):
            try await database.query(select, as: RunReport.self, job, nil as String?, nil as Int?, nil as Date?, limit)
        case .tick(let tick): try await database.query(select, as: RunReport.self, nil as String?, tick, nil as Int?, nil as Date?, 1)
        case .id(let id): try await database.query(select, as: RunReport.self, nil as String?, nil as String?, id, nil as Date?, 1)
        case .running(let job, let instant): try await database.query(select, as: RunReport.self, job, nil as String?, nil as Int?, instant, 1)
        }
    }

    private static let select: SQL = """
        select id, job, trigger, dry_run, started_at, extract(epoch from finished_at - started_at)::float8 as seconds, outcome,
               outcome = 'running' and touched_at < now() - interval '2 minutes' as is_stalled, rescues, processed, failed,
               coalesce((select string_agg(value || ' ' || key, ', ' order by key) from jsonb_each_text(details -> 'published')), '') as published,
               coalesce((select string_agg(value || ' ' || key, ', ' order by key) from jsonb_each_text(details -> 'delivered')), '') as delivered,
               array(select (value ->> 'count') || ' ' || key || case when dry_run then ': ' || array_to_string(array(
                                select name from jsonb_array_elements_text(value -> 'first') as name), ', ') else '' end
                     from jsonb_each(coalesce(details -> 'rows', '{}')) order by (value ->> 'count')::bigint desc, key) as decisions,
               (details #>> '{errors,0,row}') || ': ' || (details #>> '{errors,0,error}') as first_error
        from operations.job_runs
        where ($1::text is null or job = $1) and ($2::text is null or tick_id = $2) and ($3::bigint is null or id = $3)
          and ($4::timestamptz is null or (started_at <= $4 and not dry_run and outcome not in ('skipped', 'superseded')))
        order by started_at desc, id desc limit $5
        """

    static let asJSON: SQL = """
        select coalesce(jsonb_agg(to_jsonb(r) order by r.started_at desc, r.id desc), '[]')::text
        from (select id, job, tick_id, trigger, dry_run, scheduled_for, started_at, finished_at, outcome, processed, failed, rescues, details,
                     service, instance
              from operations.job_runs where $1::text is null or job = $1 order by started_at desc, id desc limit $2) r
        """
}
