import FoundationEssentials
import Postgres

/// Checks that running runs make progress.
struct RunCheck: StateCheck {
    let subject = "runs"

    /// Longer than any lease: a running service would have renewed it, or another replica would have taken the run
    /// over.
    static let longestPause = 120

    func results(_ database: PostgresClient) async throws -> [CheckResult] {
        let runs = try await database.query(Self.running, as: Run.self, Self.mostRows)
        let standing = runs.filter { $0.seconds > Self.longestPause }.sorted { $0.seconds > $1.seconds }
        guard !standing.isEmpty else { return [.ok(subject, "\(runs.count) running, none stands still")] }
        return CheckResult.failing(subject, standing) { run in
            "run \(run.id) of \(run.job) has not moved for \(run.seconds) s: start \(run.service), or see its log; it takes the run up by itself"
        }
    }

    private struct Run: Decodable, Sendable {
        let id: Int
        let job: String
        let service: String
        let seconds: Int
    }

    // The running runs, read by a partial index.
    private static let running: SQL = """
        select id, job, service, floor(extract(epoch from now() - touched_at))::int as seconds
        from operations.job_runs where outcome = 'running' limit $1
        """
}
