import Contracts

/// A job that calls the outside world: it claims items, performs each outside of any transaction, many at once, and records what came of them.
public protocol Errand: Sendable {
    /// What is claimed.
    associatedtype Item: Sendable
    /// What came of it.
    associatedtype Outcome: Sendable

    /// The name in ticks, in the ledger and in Contracts/schedules.yaml.
    static var name: JobName { get }
    /// How many items are performed at once.
    var inFlight: Int { get }
    /// Rows that must exist before anything can be claimed (a cache built when it is empty, say); runs at the start of every slice.
    func prepare(_ slice: Slice, _ tx: Transaction) async throws
    /// Takes at most so many items that are due, with a lease, so that no replica takes them too.
    func claim(_ limit: Int, _ slice: Slice, _ tx: Transaction) async throws -> [Item]
    /// Does the work outside.
    func perform(_ item: Item) async -> Outcome
    /// Records what came of the items.
    /// - Returns: how many were done; those that failed are told to the transaction with `fail`.
    func record(_ finished: [(Item, Outcome)], _ slice: Slice, _ tx: Transaction) async throws -> Int
    /// How many items of this run wait that could not be claimed now, because others hold them, say; while there are some the run is not finished.
    func outstanding(_ slice: Slice, _ tx: Transaction) async throws -> Int
    /// How many items a run would take now; the dry run. Nothing is asked outside.
    func rehearse(_ slice: Slice, _ tx: Transaction) async throws -> Int
}

extension Errand {
    /// Nothing.
    public func prepare(_ slice: Slice, _ tx: Transaction) async throws {}
    /// None.
    public func outstanding(_ slice: Slice, _ tx: Transaction) async throws -> Int { 0 }
}
