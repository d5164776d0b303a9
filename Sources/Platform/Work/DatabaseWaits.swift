import FoundationEssentials
import Logging
import Postgres
import Synchronization

/// Who waits for the database, and why. While anybody does the service is not ready.
///
/// The log has one line when the first begins to wait, one for each other kind of trouble that shows meanwhile, and one when the last of
/// them has got through. Each waits until its own work succeeds: a server that is out of disk answers every question and takes no row.
final class DatabaseWaits: Sendable {
    /// What is told once for each wait.
    enum Trouble: Hashable, Sendable {
        /// No statement would work.
        case outage(PostgresOutage)
        /// A time limit of the server ended a statement, which waits for somebody's lock.
        case timeLimit
        /// A statement does not come back.
        case hanging
        /// The database is there, but not as this service needs it.
        case unprepared
    }

    private struct State {
        var waiting: [Int: String] = [:]
        var told: Set<Trouble> = []
        var since = ContinuousClock.now
        var lastTicket = 0
    }

    private let state = Mutex(State())

    /// Why the service waits; nil when nobody does.
    var reason: String? { state.withLock { $0.waiting.min { $0.key < $1.key }?.value } }

    /// A ticket for one who may have to wait.
    func ticket() -> Int {
        state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
    }

    /// The holder of this ticket waits, or waits for another reason than before.
    func wait(_ ticket: Int, _ what: String, _ trouble: Trouble, _ reason: String, _ logger: Logger) {
        let isNews = state.withLock { state in
            if state.waiting.isEmpty {
                state.told = []
                state.since = .now
            }
            state.waiting[ticket] = reason
            return state.told.insert(trouble).inserted
        }
        if isNews { logger.warning("Waiting for the database: \(reason)", metadata: ["waiting": "\(what)"]) }
    }

    /// The holder of this ticket got through, or gave up.
    func end(_ ticket: Int, gotThrough: Bool, _ logger: Logger) {
        let waited: Duration? = state.withLock { state in
            guard state.waiting.removeValue(forKey: ticket) != nil, state.waiting.isEmpty else { return nil }
            return .now - state.since
        }
        guard gotThrough, let waited else { return }
        logger.notice("The database is back", metadata: ["seconds": "\(waited.timeInterval.rounded())"])
    }
}

extension PostgresError {
    /// Why this error is waited out, whatever the statement was; nil if it has to do with the statement.
    var trouble: DatabaseWaits.Trouble? {
        if let outage { return .outage(outage) }
        return isTimeLimit ? .timeLimit : nil
    }

    /// The error on one line, without its statement.
    var reason: String { server.map { "PostgreSQL \($0.sqlState): \($0.message)" } ?? message }
}
