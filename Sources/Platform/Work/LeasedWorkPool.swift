import FoundationEssentials
import Logging
import Synchronization

/// Work on things that live outside the database: claimed from it, performed outside many at once, recorded in groups.
///
/// A turn is one transaction that records what has finished and claims as much again, so places are refilled as they become free
/// and a thousand short performances cost a few dozen commits.
struct LeasedWorkPool<Item: Sendable, Outcome: Sendable>: Sendable {
    /// How many are performed at once.
    let concurrency: Int
    /// Learns when more was claimed than was asked for.
    let logger: Logger
    /// Records what finished and claims at most so many; an empty claim means that there is nothing more to do now.
    let recordAndClaim: @Sendable (_ finished: [(Item, Outcome)], _ wanted: Int) async throws -> [Item]
    /// Performs one, outside of any transaction. Failing is an outcome.
    let perform: @Sendable (Item) async -> Outcome

    /// How long finished ones wait for company before a turn.
    private static var gathering: Duration { .milliseconds(10) }

    /// Works until nothing is left to claim, or until `isStopping` says to claim no more; what was claimed is always finished and recorded.
    ///
    /// A claim that returns more than was asked for is at fault. The surplus is not performed but left to its leases: performed, it would open
    /// more connections than there are places.
    /// - Throws: what `recordAndClaim` throws; what was being performed then is abandoned to its lease.
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
