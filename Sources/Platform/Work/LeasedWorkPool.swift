import FoundationEssentials
import Logging
import Synchronization

/// Performs items that need external calls: claims them from the database, performs many concurrently outside of any
/// transaction, and records the outcomes in groups.
///
/// Each round is one transaction: it records the finished items, then claims replacements. So a thousand short
/// performances cost a few dozen commits.
struct LeasedWorkPool<Item: Sendable, Outcome: Sendable>: Sendable {
    /// How many items are performed at once.
    let concurrency: Int
    /// Gets an error when a claim returned more items than it was asked for.
    let logger: Logger
    /// Records the finished items and claims at most `wanted` new ones. An empty claim means that there is nothing more
    /// to do now.
    let recordAndClaim: @Sendable (_ finished: [(Item, Outcome)], _ wanted: Int) async throws -> [Item]
    /// Performs one item, outside of any transaction. A failure is an outcome, too.
    let perform: @Sendable (Item) async -> Outcome

    /// How long finished items wait for others before a round.
    private static var gathering: Duration { .milliseconds(10) }

    /// Runs until nothing is left to claim, or until `isStopping` says to claim no more; items that were claimed are
    /// always finished and recorded.
    ///
    /// A claim that returns more items than it was asked for is a bug. The surplus is not performed but left to its
    /// leases: it would open more connections than `concurrency` allows.
    /// - Throws: what `recordAndClaim` throws. Items that are being performed then are abandoned to their leases.
    func run(isStopping: @escaping @Sendable () -> Bool = { false }) async throws {
        let finished = Finished()
        try await withThrowingDiscardingTaskGroup { group in
            var running = 0
            while true {
                let done = finished.take()
                running -= done.count
                let wanted = isStopping() ? 0 : concurrency - running
                if !done.isEmpty || wanted > 0 {
                    let claimed = try await recordAndClaim(done, wanted)
                    if claimed.count > wanted {
                        logger.error(
                            "A claim returned more than it was asked for; the surplus waits for the end of its leases",
                            metadata: ["wanted": "\(wanted)", "claimed": "\(claimed.count)"])
                    }
                    for item in claimed.prefix(wanted) {
                        running += 1
                        group.addTask { finished.append((item, await perform(item))) }
                    }
                }
                if running == 0 { return }
                await finished.signal.wait(atMost: .seconds(1))
                if finished.count < min(running, max(concurrency / 4, 1)) { try await Task.sleep(for: Self.gathering) }
            }
        }
    }

    private final class Finished: Sendable {
        let signal = AsyncSignal()
        private let outcomes = Mutex<[(Item, Outcome)]>([])

        var count: Int { outcomes.withLock(\.count) }

        func append(_ outcome: (Item, Outcome)) {
            outcomes.withLock { $0.append(outcome) }
            signal.raise()
        }

        func take() -> [(Item, Outcome)] {
            outcomes.withLock { outcomes in
                defer { outcomes = [] }
                return outcomes
            }
        }
    }
}
