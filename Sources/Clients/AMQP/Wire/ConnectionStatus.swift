import Synchronization

/// Whether the connection is up, for those who ask and those who wait.
final class ConnectionStatus: Sendable {
    private enum Phase {
        case idle
        case running(connected: Bool)
        case ended(any Error)
    }

    private struct State {
        var phase = Phase.idle
        var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var nextID: UInt64 = 0

        mutating func takeWaiters() -> [CheckedContinuation<Void, any Error>] {
            defer { waiters = [:] }
            return Array(waiters.values)
        }
    }

    private let state = Mutex(State())
    private let connected = Atomic(false)
    private let broker = Mutex(BrokerState())

    /// What the broker last said.
    private struct BrokerState {
        /// Consumers that are subscribed now, by queue.
        var subscriptions: [String: Int] = [:]
        /// Why the broker takes no messages.
        var blockedReason: String?
        var version: String?
    }

    var isConnected: Bool { connected.load(ordering: .acquiring) }

    var hasStarted: Bool {
        state.withLock { state in
            if case .idle = state.phase { false } else { true }
        }
    }

    /// Whether a consumer of the queue is subscribed now.
    func isConsuming(_ queue: String) -> Bool { broker.withLock { $0.subscriptions[queue, default: 0] > 0 } }

    /// Counts a subscription that began or ended.
    func noteSubscription(of queue: String, by change: Int) { broker.withLock { $0.subscriptions[queue, default: 0] += change } }

    /// Why the broker takes no messages now.
    var blockedReason: String? {
        get { broker.withLock { $0.blockedReason } }
        set { broker.withLock { $0.blockedReason = newValue } }
    }

    /// What the broker says that it is.
    var version: String? {
        get { broker.withLock { $0.version } }
        set { broker.withLock { $0.version = newValue } }
    }

    /// Marks the start; false when it was started before.
    func start() -> Bool {
        state.withLock { state in
            guard case .idle = state.phase else { return false }
            state.phase = .running(connected: false)
            return true
        }
    }

    func set(connected value: Bool) {
        connected.store(value, ordering: .releasing)
        let waiters = state.withLock { state in
            state.phase = .running(connected: value)
            return value ? state.takeWaiters() : []
        }
        for waiter in waiters { waiter.resume() }
    }

    func end(_ error: any Error) {
        connected.store(false, ordering: .releasing)
        let waiters = state.withLock { state in
            state.phase = .ended(error)
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume(throwing: error) }
    }

    /// Returns once connected; throws when the connection has ended, and `CancellationError`.
    func wait() async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    switch state.phase {
                    case .running(connected: true): return .success(())
                    case .ended(let error): return .failure(error)
                    case .idle, .running(connected: false):
                        state.waiters[id] = continuation
                        return nil
                    }
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.resume(throwing: CancellationError())
        }
    }
}
