import Synchronization

/// Whether the connection is up and what the broker last said, for those who ask and those who wait.
final class ConnectionStatus: Sendable {
    private enum Phase {
        case idle, connecting, connected
        case ended(any Error)
    }

    private struct State {
        var phase = Phase.idle
        var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        /// Consumers that are subscribed now, by queue.
        var subscriptions: [String: Int] = [:]
        var blockedReason: String?
        var version: String?

        var isConnected: Bool { if case .connected = phase { true } else { false } }
        var isIdle: Bool { if case .idle = phase { true } else { false } }

        mutating func takeWaiters() -> [CheckedContinuation<Void, any Error>] {
            defer { waiters = [:] }
            return Array(waiters.values)
        }
    }

    private let state = Mutex(State())

    var isConnected: Bool { state.withLock(\.isConnected) }
    var hasStarted: Bool { !state.withLock(\.isIdle) }

    /// Whether a consumer of the queue is subscribed now.
    func isConsuming(_ queue: String) -> Bool { state.withLock { $0.subscriptions[queue, default: 0] > 0 } }

    /// Counts a subscription that began or ended.
    func noteSubscription(of queue: String, by change: Int) { state.withLock { $0.subscriptions[queue, default: 0] += change } }

    /// Why the broker takes no messages now.
    var blockedReason: String? {
        get { state.withLock(\.blockedReason) }
        set { state.withLock { $0.blockedReason = newValue } }
    }

    /// What the broker says that it is.
    var version: String? {
        get { state.withLock(\.version) }
        set { state.withLock { $0.version = newValue } }
    }

    /// Marks the start; false when it was started before.
    func start() -> Bool {
        state.withLock { state in
            guard state.isIdle else { return false }
            state.phase = .connecting
            return true
        }
    }

    func set(connected: Bool) {
        let waiters = state.withLock { state in
            state.phase = connected ? .connected : .connecting
            return connected ? state.takeWaiters() : []
        }
        for waiter in waiters { waiter.resume() }
    }

    func end(_ error: any Error) {
        let waiters = state.withLock { state in
            state.phase = .ended(error)
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume(throwing: error) }
    }

    /// Returns once connected; throws when the connection has ended, and `CancellationError`.
    func wait() async throws {
        let id = RequestID.next()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    switch state.phase {
                    case .connected: return .success(())
                    case .ended(let error): return .failure(error)
                    case .idle, .connecting:
                        state.waiters[id] = continuation
                        return nil
                    }
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }
}
