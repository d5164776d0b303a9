import Synchronization

/// A caller in the queue for a connection: gets one, an error, or leaves because its task was cancelled; whichever is first.
final class ConnectionRequest: Sendable {
    private enum State {
        case arriving
        case waiting(CheckedContinuation<Int, any Error>)
        case gone
    }

    private let state = Mutex(State.arriving)

    /// False if the caller has left already.
    func wait(_ continuation: CheckedContinuation<Int, any Error>) -> Bool {
        state.withLock { state in
            guard case .arriving = state else { return false }
            state = .waiting(continuation)
            return true
        }
    }

    /// The caller, to be resumed by whoever gets it here; nil if it is gone.
    func take() -> CheckedContinuation<Int, any Error>? {
        state.withLock { state in
            defer { state = .gone }
            return if case .waiting(let continuation) = state { continuation } else { nil }
        }
    }

    /// The caller's task was cancelled.
    func leave() {
        take()?.resume(throwing: CancellationError())
    }
}
