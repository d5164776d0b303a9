import Synchronization

/// Lets at most so many in at once, and so many a second, first come first served.
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
    ///   - inside: The most at once.
    ///   - perSecond: The most in any second; 0 for no limit.
    init(running: Int, perSecond: Int) {
        state = Mutex(State(free: running))
        spacing = perSecond == 0 ? .zero : .nanoseconds(1_000_000_000 / perSecond)
    }

    /// Waits for a place; everyone who entered must ``release()``.
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
        // A cancelled task goes through at once: it is on its way out.
        try? await Task.sleep(until: entry, clock: .continuous)
    }

    /// Frees a place for the next.
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
