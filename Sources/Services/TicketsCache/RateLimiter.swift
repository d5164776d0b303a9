import Synchronization

/// Limits how many requests run at once and how many start per second, first come, first served.
final class RateLimiter: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
        var head = 0
        var nextEntry = ContinuousClock.now
    }

    private let state: Mutex<State>
    private let spacing: Duration

    /// - Parameters:
    ///   - running: The maximum number of concurrent requests.
    ///   - perSecond: The maximum number of starts per second; 0 for no limit.
    init(running: Int, perSecond: Int) {
        state = Mutex(State(free: running))
        spacing = perSecond == 0 ? .zero : .nanoseconds(1_000_000_000 / perSecond)
    }

    /// Waits for a permit; each call must be followed by a ``release()``.
    func acquire() async {
        await withCheckedContinuation { continuation in
            let enters = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if enters { continuation.resume() }
        }
        guard spacing > .zero else { return }
        let entry = state.withLock { state in
            let entry = max(state.nextEntry, .now)
            state.nextEntry = entry + spacing
            return entry
        }
        // A cancelled task is not delayed: it is about to end.
        try? await Task.sleep(until: entry, clock: .continuous)
    }

    /// Returns a permit to the next waiting task.
    func release() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.head < state.waiting.count else {
                state.free += 1
                return nil
            }
            defer {
                state.head += 1
                if state.head == state.waiting.count { (state.waiting, state.head) = ([], 0) }
            }
            return state.waiting[state.head]
        }
        next?.resume()
    }
}
