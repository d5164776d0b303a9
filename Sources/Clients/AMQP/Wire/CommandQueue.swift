import CRabbitMQ
import Glibc
import Synchronization

/// Where other tasks leave commands and settlements for the connection's thread; an eventfd wakes it, once for all that waits.
final class CommandQueue: Sendable {
    /// What was left since the thread last looked.
    struct Mail {
        var commands: [Command] = []
        var settlements: [Settlement] = []
    }

    private struct State {
        var mail = Mail()
        var signalled = false
        var closed = false

        /// Whether the eventfd must be written.
        mutating func signal() -> Bool {
            defer { signalled = true }
            return !signalled
        }
    }

    private let state = Mutex(State())
    private let lastID = Atomic<UInt64>(0)
    /// The eventfd to poll.
    let descriptor: Int32

    init() {
        descriptor = crabbit_wakeup_descriptor()
    }

    deinit { close(descriptor) }

    func request(timeout: Duration) -> PendingRequest {
        PendingRequest(id: lastID.wrappingAdd(1, ordering: .relaxed).newValue, deadline: .now + timeout)
    }

    /// Leaves a command; answers it with `AMQPError.closed` when nobody will look any more.
    func post(_ command: Command) {
        let (closed, wake) = state.withLock { state in
            guard !state.closed else { return (true, false) }
            state.mail.commands.append(command)
            return (false, state.signal())
        }
        if closed { command.fail(AMQPError.closed) } else if wake { signal() }
    }

    /// Leaves a settlement; without a connection to settle on it is dropped, since the broker delivers again.
    func post(_ settlement: Settlement) {
        let wake = state.withLock { state in
            guard !state.closed else { return false }
            state.mail.settlements.append(settlement)
            return state.signal()
        }
        if wake { signal() }
    }

    /// Takes a request back that the thread has not seen.
    func takeBack(_ id: UInt64) -> Command? {
        state.withLock { state in
            state.mail.commands.firstIndex { $0.request?.id == id }.map { state.mail.commands.remove(at: $0) }
        }
    }

    /// Answers a request whose caller was cancelled: at once when the thread has not seen it, else by asking the thread.
    func cancel(_ id: UInt64) {
        if let unseen = takeBack(id) { unseen.fail(CancellationError()) } else { post(.withdraw(id)) }
    }

    /// Swaps `mail`, which must be empty, for what was left, so that both keep their memory.
    func take(into mail: inout Mail) {
        state.withLock { state in
            swap(&state.mail, &mail)
            state.signalled = false
        }
    }

    /// Refuses all further mail and answers what is there.
    func closeDown() {
        let commands = state.withLock { state in
            state.closed = true
            defer { state.mail = Mail() }
            return state.mail.commands
        }
        for command in commands { command.fail(AMQPError.closed) }
    }

    /// Makes the descriptor unreadable again.
    func resetWakeUp() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    }

    private func signal() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }
}
