import CPostgres
import Glibc
import Synchronization

/// The way to the I/O thread: commands in order, and a wake-up only when it sleeps.
final class CommandQueue: Sendable {
    enum Command: Sendable {
        /// A new connection, free for use.
        case adopt(Int, ConnectionHandle)
        case perform(Int, [Operation])
        /// The task of one who waits was cancelled.
        case cancel(Int)
        /// The server has been asked to cancel.
        case cancelAsked(Int)
        /// Everything but commits is to stop.
        case cancelStatements
        /// Which statement has waited longest.
        case inspect(CheckedContinuation<(sql: String, age: Duration)?, Never>)
        case notify(Int, AsyncStream<PostgresNotification>.Continuation)
        /// Nobody gets notifications any more.
        case endNotifications
        case discard(Int)
        case stop
    }

    private struct State {
        var commands: [Command] = []
        var isAsleep = false
        var isStopped = false
    }

    /// What the thread polls beside its sockets.
    let descriptor: Int32
    private let state = Mutex(State())

    init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(descriptor >= 0, "no eventfd for PostgreSQL: error \(errno)")
    }

    deinit {
        close(descriptor)
    }

    /// Puts a command in; false if the thread has ended.
    @discardableResult
    func post(_ command: Command) -> Bool {
        let (accepted, wake) = state.withLock { state in
            guard !state.isStopped else { return (false, false) }
            state.commands.append(command)
            defer { state.isAsleep = false }
            return (true, state.isAsleep)
        }
        if wake {
            var one: UInt64 = 1
            _ = write(descriptor, &one, 8)
        }
        return accepted
    }

    /// Takes what has arrived. If that is nothing the thread counts as asleep: the next command wakes it.
    func take(into commands: inout [Command]) {
        commands.removeAll(keepingCapacity: true)
        state.withLock { state in
            if state.commands.isEmpty { state.isAsleep = true } else { swap(&commands, &state.commands) }
        }
    }

    /// The thread is awake for another reason, or was woken.
    func wake() {
        state.withLock { $0.isAsleep = false }
    }

    func drain() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }

    /// Takes no more commands; returns those that nobody will do.
    func stop() -> [Command] {
        state.withLock { state in
            state.isStopped = true
            defer { state.commands = [] }
            return state.commands
        }
    }
}
