import Synchronization

/// Passes elements from one task to another, which takes as many as have gathered. Bounded by whoever puts (a consumer's prefetch).
final class BatchBuffer<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        /// Somebody found nothing and waits.
        var isAwaited = false
        var isFinished = false
    }

    private let state = Mutex(State())
    private let filled = AsyncSignal()

    /// Adds elements behind the others.
    /// - Returns: whether somebody was waiting for them; if nobody was, more may gather before the next are put.
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

    /// Says that nothing more will come.
    func finish() {
        state.withLock { $0.isFinished = true }
        filled.raise()
    }

    /// Waits until so many have gathered or the time is up, and takes none.
    func gather(_ count: Int, atMost limit: Duration) async {
        let deadline = ContinuousClock.now + limit
        while state.withLock({ $0.elements.count < count && !$0.isFinished }), !Task.isCancelled {
            let rest = deadline - .now
            guard rest > .zero else { return }
            await filled.wait(atMost: rest)
        }
    }

    /// Waits for elements and takes at most so many, in their order, that together weigh no more than `most`, but at least one; nil when all have been
    /// taken and no more will come.
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
