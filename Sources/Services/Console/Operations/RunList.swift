import Platform
import Postgres

/// Which runs a list shows. Each combination is served by an index, so that a rare one is found as quickly as the newest.
struct RunList: Sendable {
    /// The kinds of runs that can be asked for.
    enum Kind: String, CaseIterable, Sendable {
        case all
        /// Those that failed or left rows out.
        case failed
        /// Those in progress.
        case running
    }

    var kind = Kind.all
    /// Only of this job.
    var job: String?
    /// Only with a lower id: the keyset cursor.
    var before: Int?
    var limit = 50

    /// The runs, newest first, and the cursor of the next page; nil on the last one.
    func read(_ database: PostgresClient) async throws -> (runs: [Run], next: Int?) {
        let before = before ?? Int.max
        let ids =
            switch (kind, job) {
            case (.all, nil): try await database.query(Self.all, as: Int.self, before, limit + 1)
            case (.all, let job?): try await database.query(Self.ofJob, as: Int.self, before, limit + 1, job)
            case (.failed, nil): try await database.query(Self.failed, as: Int.self, before, limit + 1)
            case (.failed, let job?): try await database.query(Self.failedOfJob, as: Int.self, before, limit + 1, job)
            case (.running, let job): try await database.query(Self.running, as: Int.self, before, limit + 1, job)
            }
        let runs = try await Run.read(Array(ids.prefix(limit)), database)
        return (runs, ids.count > limit ? runs.last?.id : nil)
    }

    private static let all: SQL = "select id from operations.job_runs where id < $1::bigint order by id desc limit $2::integer"

    private static let ofJob: SQL = """
        select id from operations.job_runs where job = $3::text and id < $1::bigint order by id desc limit $2::integer
        """

    private static let failed: SQL = """
        select id from operations.job_runs where outcome in ('partial', 'failed') and id < $1::bigint order by id desc limit $2::integer
        """

    private static let failedOfJob: SQL = """
        select id from operations.job_runs
        where outcome in ('partial', 'failed') and job = $3::text and id < $1::bigint order by id desc limit $2::integer
        """

    private static let running: SQL = """
        select id from operations.job_runs
        where outcome = 'running' and id < $1::bigint and ($3::text is null or job = $3::text) order by id desc limit $2::integer
        """
}
