import Dispatch
import Glibc
import Logging
import Postgres
import Synchronization

/// Ends a process whose stop does not finish: a commit that waits for a standby which is gone, a server that accepts
/// the connection and does not answer. Unfinished messages are redelivered, as after a crash.
///
/// Runs on dispatch queues of its own: the threads of Swift's pool may be what hangs.
final class ShutdownDeadline: Sendable {
    /// The exit code: `EX_TEMPFAIL` of sysexits.h.
    static let exitCode: Int32 = 75
    /// When running statements are cancelled on the server, commits excepted; in seconds.
    private static let patience = 6
    /// When the process ends, in seconds. A container is killed ten seconds after its SIGTERM.
    private static let limit = 9

    private let database: PostgresClient
    private let logger: Logger
    private let queue = DispatchQueue(label: "stop-deadline")
    private let hasBegun = Atomic(false)

    init(_ database: PostgresClient, _ logger: Logger) {
        (self.database, self.logger) = (database, logger)
    }

    /// The stop has begun.
    func begin() {
        guard !hasBegun.exchange(true, ordering: .relaxed) else { return }
        queue.asyncAfter(deadline: .now() + .seconds(Self.patience)) { self.database.cancelStatements() }
        queue.asyncAfter(deadline: .now() + .seconds(Self.limit)) { self.end() }
    }

    private func end() -> Never {
        logger.error(
            "Stopped by force: the stop took longer than \(Self.limit) s; what was in hand comes again", metadata: ["exit": "\(Self.exitCode)"])
        // This thread belongs to the deadline alone: it may block where tasks must not.
        LogWriter.standardError.flushBlocking(within: .seconds(1))
        _exit(Self.exitCode)
    }
}
