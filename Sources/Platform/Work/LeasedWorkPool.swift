import DequeModule
import Logging
import Synchronization

/// Performs items that need external calls: claims them from the database, performs many concurrently outside of any
/// transaction, and records the outcomes in groups.
///
/// Each round is one transaction: it records the finished items, then claims replacements. So a thousand short
/// performances cost a few dozen commits. Items may be claimed ahead, so that nobody waits while a round commits.
struct LeasedWorkPool<Item: Sendable, Outcome: Sendable>: Sendable {
    /// How many items are performed at once.
    let concurrency: Int
    /// Gets an error when a claim returned more items than it was asked for.
    let logger: Logger
    /// How many items may be claimed before a slot is free for them, after a round in which these were finished. As
    /// many as were finished keep all slots busy until the next round. While rounds take longer than
    /// ``shortRound`` none are: an item does not wait long between its claim and its performance.
    var ahead: @Sendable (_ finished: [(Item, Outcome)]) -> Int = { _ in 0 }
    /// Records the finished items and claims at most `wanted` new ones. An empty claim means that there is nothing more
    /// to do now.
    let recordAndClaim: @Sendable (_ finished: [(Item, Outcome)], _ wanted: Int) async throws -> [Item]
    /// Performs one item, outside of any transaction. A failure is an outcome, too.
    let perform: @Sendable (Item) async -> Outcome

    /// How long finished items wait for others before a round.
    private static var gathering: Duration { .milliseconds(10) }
    private static var shortRound: Duration { .milliseconds(500) }

    /// Runs until nothing is left to claim, or until `isStopping` says to claim no more; items that were claimed are
    /// always finished and recorded.
    ///
    /// A claim that returns more items than it was asked for is a bug. The surplus is not performed but left to its
    /// leases: it would grow without a bound.
    /// - Throws: what `recordAndClaim` throws. Items that are being performed then are abandoned to their leases.
    func run(isStopping: @escaping @Sendable () -> Bool = { false }) async throws {
        let held = HeldItems()
        var lastRound = ContinuousClock.now
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                let (done, unfinished) = held.take()
                let isShort = ContinuousClock.now - lastRound < Self.shortRound
                lastRound = .now
                let wanted = isStopping() ? 0 : max(0, concurrency + (isShort ? ahead(done) : 0) - unfinished)
                if !done.isEmpty || wanted > 0 {
                    let claimed = try await recordAndClaim(done, wanted)
                    if claimed.count > wanted {
                        logger.error(
                            "A claim returned more than it was asked for; the surplus waits for the end of its leases",
                            metadata: ["wanted": "\(wanted)", "claimed": "\(claimed.count)"])
                    }
                    for first in held.put(claimed.prefix(wanted), slots: concurrency) {
                        group.addTask {
                            var item = first
                            while let next = held.exchange(item, await perform(item)) { item = next }
                        }
                    }
                }
                if held.isEmpty { return }
                await held.signal.wait(atMost: .seconds(1))
                if held.isBusy(concurrency) { try await Task.sleep(for: Self.gathering) }
            }
        }
    }

    /// The items that were claimed: those that wait for a slot, those that are performed and those that are finished.
    private final class HeldItems: Sendable {
        private struct State {
            var waiting: Deque<Item> = []
            var performing = 0
            var finished: [(Item, Outcome)] = []
        }

        /// Raised when an item is finished.
        let signal = AsyncSignal()
        private let state = Mutex(State())

        /// Whether nothing is left to perform or to record.
        var isEmpty: Bool { state.withLock { $0.performing == 0 && $0.waiting.isEmpty && $0.finished.isEmpty } }

        /// Whether other items will be finished soon, and the slots are not idle meanwhile.
        func isBusy(_ concurrency: Int) -> Bool {
            state.withLock { $0.finished.count < min($0.performing + $0.finished.count, max(concurrency / 4, 1)) || !$0.waiting.isEmpty }
        }

        /// The finished items, and how many are not finished.
        func take() -> (finished: [(Item, Outcome)], unfinished: Int) {
            state.withLock { state in
                defer { state.finished = [] }
                return (state.finished, state.waiting.count + state.performing)
            }
        }

        /// Adds items. Returns those that free slots begin with.
        func put(_ items: some Collection<Item>, slots: Int) -> [Item] {
            state.withLock { state in
                state.waiting.append(contentsOf: items)
                let starting = min(state.waiting.count, slots - state.performing)
                state.performing += starting
                return (0..<starting).compactMap { _ in state.waiting.popFirst() }
            }
        }

        /// Takes what became of an item and gives its slot the next one; nil frees the slot.
        func exchange(_ item: Item, _ outcome: Outcome) -> Item? {
            defer { signal.raise() }
            return state.withLock { state in
                state.finished.append((item, outcome))
                let next = state.waiting.popFirst()
                if next == nil { state.performing -= 1 }
                return next
            }
        }
    }
}
