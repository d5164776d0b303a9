import FoundationEssentials
import Logging
import Postgres
import Synchronization

/// The operations that wait for the database, and why. The service is not ready while there is one.
///
/// The log gets one line when the first operation begins to wait, one for each further kind of trouble, and one when
/// the last operation has succeeded. Each waits until its own work succeeds: a server whose disk is full answers
/// queries but accepts no rows.
final class DatabaseWaits: Sendable {
    /// The kinds of trouble; each is logged once in a period of waiting.
    enum Trouble: Hashable, Sendable {
        /// No statement can succeed.
        case outage(PostgresOutage)
        /// A time limit of the server ended a statement that waited for a lock.
        case timeLimit
        /// A statement does not return.
        case hanging
        /// The database answers, but a migration that this service needs is missing.
        case unprepared
    }

    private struct State {
        var waiting: [Int: String] = [:]
        var logged: Set<Trouble> = []
        var since = ContinuousClock.now
        var lastTicket = 0
    }

    private let state = Mutex(State())

    /// Why the service waits; nil when it does not.
    var reason: String? { state.withLock { $0.waiting.min { $0.key < $1.key }?.value } }

    /// Identifies an operation that may have to wait.
    func newID() -> Int {
        state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
    }

    /// Records that an operation waits, or waits for another reason than before.
    func wait(_ id: Int, _ what: String, _ trouble: Trouble, _ reason: String, _ logger: Logger) {
        let isFirst = state.withLock { state in
            if state.waiting.isEmpty {
                state.logged = []
                state.since = .now
            }
            state.waiting[id] = reason
            return state.logged.insert(trouble).inserted
        }
        if isFirst { logger.warning("Waiting for the database: \(reason)", metadata: ["waiting": "\(what)"]) }
    }

    /// Records that an operation succeeded or gave up.
    func end(_ id: Int, gotThrough: Bool, _ logger: Logger) {
        let waited: Duration? = state.withLock { state in
            guard state.waiting.removeValue(forKey: id) != nil, state.waiting.isEmpty else { return nil }
            return .now - state.since
        }
        guard gotThrough, let waited else { return }
        logger.notice("The database is back", metadata: ["seconds": "\(waited.timeInterval.rounded())"])
    }
}

extension PostgresError {
    /// Why this error is waited out, whatever the statement was; nil if the statement caused it.
    var trouble: DatabaseWaits.Trouble? {
        if let outage { return .outage(outage) }
        return isTimeLimit ? .timeLimit : nil
    }

    /// The error on one line, without its statement.
    var reason: String { server.map { "PostgreSQL \($0.sqlState): \($0.message)" } ?? message }
}
