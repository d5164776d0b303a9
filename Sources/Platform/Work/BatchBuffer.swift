import Synchronization

/// Passes elements from one task to another, which takes them in batches. It has no limit of its own: the producer
/// bounds it (a consumer by its prefetch).
final class BatchBuffer<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        /// The consumer found no elements and waits.
        var isAwaited = false
        var isFinished = false
    }

    private let state = Mutex(State())
    private let filled = AsyncSignal()

    /// Appends elements.
    /// - Returns: whether the consumer was waiting for them; if it was not, more may gather before the next are put.
    @discardableResult
    func put(_ elements: [Element]) -> Bool {
        let wasAwaited = state.withLock { state in
            defer { state.isAwaited = false }
            state.elements += elements
            return state.isAwaited
        }
        filled.raise()
        return wasAwaited
    }

    /// Marks the end: no elements follow.
    func finish() {
        state.withLock { $0.isFinished = true }
        filled.raise()
    }

    /// Waits until `count` elements have gathered or the time is up; takes none.
    func gather(_ count: Int, atMost limit: Duration) async {
        let deadline = ContinuousClock.now + limit
        while state.withLock({ $0.elements.count < count && !$0.isFinished }), !Task.isCancelled {
            let rest = deadline - .now
            guard rest > .zero else { return }
            await filled.wait(atMost: rest)
        }
    }

    /// Waits for elements and takes at most `limit` of them, in order, whose total weight is at most `most`; it takes
    /// one in any case. Returns nil when all elements were taken and the end was marked, or when the task is cancelled.
    func take(atMost limit: Int, weighing most: Int = .max, _ weight: (Element) -> Int = { _ in 0 }) async -> [Element]? {
        while true {
            let taken = state.withLock { state -> [Element]? in
                guard !state.elements.isEmpty else {
                    state.isAwaited = true
                    return state.isFinished ? nil : []
                }
                var room = most
                var taken = 0
                while taken < min(limit, state.elements.count) {
                    room -= weight(state.elements[taken])
                    guard room >= 0 || taken == 0 else { break }
                    taken += 1
                }
                guard state.elements.count > taken else {
                    defer { state.elements = [] }
                    return state.elements
                }
                defer { state.elements.removeFirst(taken) }
                return Array(state.elements.prefix(taken))
            }
            guard taken?.isEmpty == true, !Task.isCancelled else { return taken?.isEmpty == true ? nil : taken }
            await filled.wait()
        }
    }
}
