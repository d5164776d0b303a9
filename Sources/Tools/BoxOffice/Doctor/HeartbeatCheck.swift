import FoundationEssentials
import Postgres

/// Checks that the processes of the services beat, by the database's clock, and that their work gets on. It needs no
/// watch that runs.
struct HeartbeatCheck: StateCheck {
    let subject = "heartbeats"

    /// Work that takes longer is stalled.
    private static let longestWork = 600

    func results(_ database: PostgresClient) async throws -> [CheckResult] {
        let processes = try await database.query(Self.processes, as: Process.self, Self.mostRows)
        let faults = processes.filter { $0.isSilent || ($0.oldestWorkSeconds ?? 0) > Self.longestWork }
        guard !faults.isEmpty else {
            return [.ok(subject, "\(processes.count) processes of \(Set(processes.map(\.service)).count) services beat")]
        }
        return CheckResult.failing(subject, faults) { process in
            process.isSilent
                ? "\(process.instance) has not been seen for \(process.silentSeconds) s: it was killed or hangs; see its log, or restart it"
                : "\(process.instance) has a transaction that is under way for \(process.oldestWorkSeconds ?? 0) s: see its log and pg_stat_activity"
        }
    }

    private struct Process: Decodable, Sendable {
        let service: String
        let instance: String
        let silentSeconds: Int
        let isSilent: Bool
        let oldestWorkSeconds: Int?
    }

    private static let processes: SQL = """
        select service, instance, floor(extract(epoch from now() - seen_at))::int as silent_seconds,
               seen_at < now() - make_interval(secs => 2.5 * interval_seconds) as is_silent, oldest_work_seconds
        from operations.heartbeats order by service, instance limit $1
        """
}
