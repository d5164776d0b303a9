import Contracts
import FoundationEssentials
import Platform
import Postgres

/// A row of `operations.job_runs`.
struct Run: Decodable, Sendable {
    let id: Int
    let job: String
    let tickId: String
    let trigger: String
    let dryRun: Bool
    let scheduledFor: Date
    let startedAt: Date
    let finishedAt: Date?
    let outcome: RunOutcome
    let processed: Int
    let failed: Int
    let rescues: Int
    let slice: Int
    let touchedAt: Date
    let service: String
    let instance: String
    /// JSON; ``content`` is what it says.
    let details: String

    /// What it decided, caused and could not do; nothing when a version that is not ours wrote it.
    var content: RunDetails? { try? WireCoding.decodeJSON(from: Array(details.utf8)[...]) }

    /// The rows that failed. Details that cannot be read count as one: nobody should take them for a run without failures.
    var failures: [RowFailure] {
        guard let content else { return [RowFailure(row: "details", error: "cannot be read: another version wrote them")] }
        return content.errors ?? []
    }

    /// In seconds, up to now for one in progress.
    func seconds(at now: Date) -> Double { (finishedAt ?? now).timeIntervalSince(startedAt) }

    /// Whether it is in progress and has not moved for longer than any lease.
    func isStalled(at now: Date) -> Bool { outcome == .running && now.timeIntervalSince(touchedAt) > 120 }

    /// The run with an id.
    static func find(id: Int, _ database: PostgresClient) async throws -> Run? {
        try await database.query(byIDs, as: Run.self, [id]).first
    }

    /// The run that a tick began; nil while no service has taken the tick.
    static func find(tick: String, _ database: PostgresClient) async throws -> Run? {
        try await find(id: try await database.query(byTick, as: Int.self, tick).first ?? 0, database)
    }

    /// Runs with these ids, newest first.
    static func read(_ ids: [Int], _ database: PostgresClient) async throws -> [Run] {
        ids.isEmpty ? [] : try await database.query(byIDs, as: Run.self, ids)
    }

    private static let byTick: SQL = "select id from operations.job_runs where tick_id = $1::text"

    private static let byIDs: SQL = """
        select id, job, tick_id, trigger, dry_run, scheduled_for, started_at, finished_at, outcome, processed, failed, rescues, slice, touched_at,
               service, instance, details::text as details
        from operations.job_runs where id = any ($1::bigint[]) order by id desc
        """
}
