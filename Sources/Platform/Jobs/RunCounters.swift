import Synchronization

/// What the turns of a slice caused, added up.
final class RunCounters: Sendable {
    private let details = Mutex(RunDetails())

    /// Adds a turn.
    func add(_ effects: Transaction.Effects) { details.withLock { $0.add(effects) } }

    /// The run's details with this slice added to them.
    func sum(onto run: RunDetails) -> RunDetails { run.adding(details.withLock { $0 }) }
}
