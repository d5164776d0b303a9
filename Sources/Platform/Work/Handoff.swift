import Synchronization

/// Passes elements from one task to another, which takes as many as have gathered. Bounded by whoever puts (a consumer's prefetch).
final class Handoff<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var isFinished = false
    }

    private let state = Mutex(State())
    private let filled = Signal()

    /// Adds elements behind the others.
    func put(_ elements: [Element]) {
        state.withLock { $0.elements += elements }
        filled.raise()
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

    /// Waits for elements and takes at most so many, in their order; nil when all have been taken and no more will come.
    func take(atMost limit: Int) async -> [Element]? {
        while true {
            let taken = state.withLock { state -> [Element]? in
                guard !state.elements.isEmpty else { return state.isFinished ? nil : [] }
                guard state.elements.count > limit else {
                    defer { state.elements = [] }
                    return state.elements
                }
                defer { state.elements.removeFirst(limit) }
                return Array(state.elements.prefix(limit))
            }
            guard taken?.isEmpty == true, !Task.isCancelled else { return taken?.isEmpty == true ? nil : taken }
            await filled.wait()
        }
    }
}
