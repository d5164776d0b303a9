import Synchronization

/// The transactions that a process has under way. Heartbeats tell how long the oldest has been: a process whose work
/// hangs goes on beating, and shows it by this.
final class WorkInProgress: Sendable {
    private struct State {
        var began: [Int: ContinuousClock.Instant] = [:]
        var lastID = 0
    }

    private let state = Mutex(State())

    /// Counts the body as work while it runs.
    func during<T: Sendable>(_ body: () async throws -> T) async throws -> T {
        let id = state.withLock { state in
            state.lastID += 1
            state.began[state.lastID] = .now
            return state.lastID
        }
        defer { state.withLock { _ = $0.began.removeValue(forKey: id) } }
        return try await body()
    }

    /// How long the oldest has been under way; nil when there is none.
    var oldest: Duration? { state.withLock { state in state.began.values.min().map { .now - $0 } } }
}
