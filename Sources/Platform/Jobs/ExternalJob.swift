import Contracts

/// A job that calls the outside world: it claims items, performs each outside of any transaction, many at once, and records what came of them.
///
/// A claim or a record that fails because of one item (see ``PermanentFailure``) is divided until that item stands alone. Its
/// failure is recorded on the run and, with a backoff, on its row; the others are claimed and recorded.
public protocol ExternalJob: Sendable {
    /// What is claimed; its id is the key of its row.
    associatedtype Item: Sendable & Identifiable where Item.ID == Int
    /// What came of it.
    associatedtype Outcome: Sendable

    /// The name in ticks, in the ledger and in Contracts/schedules.yaml.
    static var name: JobName { get }
    /// What people call an item: `user 12`.
    static func name(of id: Item.ID) -> String
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
    /// The item that ``claim(_:_:_:)`` takes first when it may take one; nil when nothing is due. Reads only its key.
    func firstDue(_ slice: Slice, _ tx: Transaction) async throws -> Item.ID?
    /// Records that an item cannot be claimed or recorded, and keeps this run from claiming it again; later runs wait for its
    /// backoff. The run names it already.
    func recordFailure(of id: Item.ID, because reason: String, _ slice: Slice, _ tx: Transaction) async throws
    /// How many items of this run wait that could not be claimed now, because others hold them, say; while there are some the run is not finished.
    func outstanding(_ slice: Slice, _ tx: Transaction) async throws -> Int
    /// How many items a run would take now; the dry run. Nothing is asked outside.
    func dryRun(_ slice: Slice, _ tx: Transaction) async throws -> Int
}

extension ExternalJob {
    /// Nothing.
    public func prepare(_ slice: Slice, _ tx: Transaction) async throws {}
    /// None.
    public func outstanding(_ slice: Slice, _ tx: Transaction) async throws -> Int { 0 }
}
