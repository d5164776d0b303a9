import Synchronization

/// A wake-up that is remembered but not counted: raised any number of times, it wakes one waiter once (an auto-reset
/// event).
final class AsyncSignal: Sendable {
    private struct State {
        var raised = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Wakes the waiter or, if there is none, the next one.
    func raise() {
        let waiter = state.withLock { state in
            guard let waiter = state.waiter else {
                state.raised = true
                return nil as CheckedContinuation<Void, Never>?
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume()
    }

    /// Returns when the signal is raised, when the time is up or when the task is cancelled.
    func wait(atMost limit: Duration) async {
        let timer = Task {
            try await Task.sleep(for: limit)
            self.release()
        }
        await wait()
        timer.cancel()
    }

    /// Returns when the signal is raised or when the task is cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumed = state.withLock { state in
                    if state.raised || Task.isCancelled {
                        state.raised = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if resumed { continuation.resume() }
            }
        } onCancel: {
            release()
        }
    }

    private func release() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
