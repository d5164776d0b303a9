import Contracts
import FoundationEssentials
import Platform
import Postgres

/// A job with its schedule and its last runs.
struct JobOverview: Sendable {
    /// How many runs are looked at.
    static let lastRuns = 20

    let job: String
    let service: String
    let description: String
    let schedule: ScheduleRow?
    /// The next fire times; empty when the schedule does not fire.
    let next: [Date]
    /// Newest first.
    let runs: [Past]

    /// A run in the row of the last ones.
    struct Past: Decodable, Sendable {
        let job: String
        let id: Int
        let outcome: RunOutcome
        let dryRun: Bool
        let startedAt: Date
        let seconds: Double?
        let processed: Int
        let failed: Int
    }

    /// The jobs that somebody works or that are scheduled, by name.
    static func all(at now: Date, _ database: PostgresClient) async throws -> [JobOverview] {
        let schedules = Dictionary(try await ScheduleRow.all(database).map { ($0.job, $0) }) { $1 }
        let jobs = Set(JobName.all.map(\.rawValue)).union(schedules.keys).sorted()
        return try await overviews(of: jobs, schedules, at: now, database)
    }

    /// One job; nil when there is none of this name.
    static func find(_ job: String, at now: Date, _ database: PostgresClient) async throws -> JobOverview? {
        let schedules = Dictionary(try await ScheduleRow.all(database).map { ($0.job, $0) }) { $1 }
        guard schedules[job] != nil || JobName.all.contains(JobName(rawValue: job)) else { return nil }
        return try await overviews(of: [job], schedules, at: now, database).first
    }

    private static func overviews(
        of jobs: [String], _ schedules: [String: ScheduleRow], at now: Date, _ database: PostgresClient
    ) async throws -> [JobOverview] {
        let runs = Dictionary(grouping: try await database.query(last, as: Past.self, jobs, lastRuns), by: \.job)
        return jobs.map { job in
            let schedule = schedules[job]
            var next: [Date] = []
            while let schedule, schedule.isFollowed, next.count < 3, let time = schedule.next(after: next.last ?? now) { next.append(time) }
            return JobOverview(
                job: job, service: JobName(rawValue: job).service, description: schedule?.description ?? "", schedule: schedule, next: next,
                runs: runs[job] ?? [])
        }
    }

    private static let last: SQL = """
        with latest as materialized (
            select array(select r.id from operations.job_runs r where r.job = j.job order by r.id desc limit $2::integer) as ids
            from unnest($1::text[]) as j (job))
        select job, id, outcome, dry_run, started_at, extract(epoch from finished_at - started_at)::float8 as seconds, processed, failed
        from operations.job_runs where id = any (array(select unnest(ids) from latest)) order by job, id desc
        """
}
