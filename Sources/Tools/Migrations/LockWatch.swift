import Postgres
import Synchronization

/// Finds and reports the holders of locks that a migration waits for, on a connection of its own.
final class LockWatch: Sendable {
    private struct State {
        var step = ""
        /// When each process was last reported.
        var reported: [Int: ContinuousClock.Instant] = [:]
        var lastHolder: String?
    }

    private static let pause = Duration.milliseconds(500)
    private static let repetition = Duration.seconds(60)

    private let database: PostgresClient
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())

    init(_ database: PostgresClient, report: @escaping @Sendable (String) -> Void) {
        self.database = database
        self.report = report
    }

    /// Sets the current step of the migration: the file, or a description.
    func begin(_ step: String) {
        state.withLock { state in
            state.step = step
            state.reported = [:]
            state.lastHolder = nil
        }
    }

    /// The last known holder of a lock that the current step waits for.
    var lastHolder: String? { state.withLock(\.lastHolder) }

    /// Watches the server process of the migration until the task is cancelled.
    func run(process: Int) async {
        var before: Set<Int> = []
        do {
            while !Task.isCancelled {
                let holders = try await database.query(Self.holders, as: Holder.self, process)
                // A lock that is released within half a second is not reported.
                for holder in holders { note(holder, isWorthReporting: before.contains(holder.pid)) }
                before = Set(holders.map(\.pid))
                try await Task.sleep(for: Self.pause)
            }
        } catch let error as PostgresError where !error.isOutage {
            report("Who holds a lock cannot be seen: \(error)")
        } catch {
            // The migration has ended, or waits for the database and reports that itself.
        }
    }

    private func note(_ holder: Holder, isWorthReporting: Bool) {
        let text = "\(holder)"
        let step: String? = state.withLock { state in
            state.lastHolder = text
            guard isWorthReporting else { return nil }
            if let last = state.reported[holder.pid], .now < last + Self.repetition { return nil }
            state.reported[holder.pid] = .now
            return state.step
        }
        if let step { report("\(step) waits for a lock of \(text)") }
    }

    private struct Holder: Decodable, Sendable, CustomStringConvertible {
        let pid: Int
        let role: String
        let application: String
        let seconds: Int
        let state: String
        let statement: String

        var description: String {
            "process \(pid) (role \(role), application \"\(application)\", its transaction is \(seconds) s old, \(state): \(statement))"
        }
    }

    /// A prepared transaction has process 0 and no session.
    private static let holders: SQL = """
        select blocker.pid, coalesce(a.usename::text, '?') as role, coalesce(a.application_name, 'a prepared transaction') as application,
               coalesce(extract(epoch from clock_timestamp() - a.xact_start)::int, 0) as seconds, coalesce(a.state, '?') as state,
               coalesce(left(regexp_replace(a.query, '\\s+', ' ', 'g'), 100), '?') as statement
        from unnest(pg_catalog.pg_blocking_pids($1::int)) as blocker (pid) left join pg_catalog.pg_stat_activity a on a.pid = blocker.pid
        """
}
