import Synchronization

/// The effects of the rounds of a slice, added up.
final class RunCounters: Sendable {
    private let details = Mutex(RunDetails())

    /// Adds a round.
    func add(_ effects: Transaction.Effects) { details.withLock { $0.add(effects) } }

    /// The run's details with this slice added to them.
    func sum(onto run: RunDetails) -> RunDetails { run.adding(details.withLock { $0 }) }
}
