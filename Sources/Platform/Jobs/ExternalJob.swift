import Contracts

/// A job that calls external services: it claims items, performs each outside of any transaction, many at once, and
/// records the outcomes.
///
/// A claim or record that fails because of one item (see ``PermanentFailure``) is divided until that item stands alone.
/// Its failure is recorded on the run and, with a backoff, on its row; the others are claimed and recorded.
public protocol ExternalJob: Sendable {
    /// A claimed item; its id is the key of its row.
    associatedtype Item: Sendable & Identifiable where Item.ID == Int
    /// The result of performing an item.
    associatedtype Outcome: Sendable

    /// The name in ticks, in `operations.job_runs` and in Contracts/schedules.yaml.
    static var name: JobName { get }
    /// The name of an item for people: `user 12`.
    static func name(of id: Item.ID) -> String
    /// How many items are performed at once.
    var inFlight: Int { get }
    /// Creates rows that must exist before anything can be claimed (a cache built when it is empty, say); runs at the
    /// start of every slice.
    func prepare(_ slice: Slice, _ tx: Transaction) async throws
    /// Claims at most `limit` items that are due, with a lease, so that no other replica claims them.
    func claim(_ limit: Int, _ slice: Slice, _ tx: Transaction) async throws -> [Item]
    /// Performs one item, outside of any transaction.
    func perform(_ item: Item) async -> Outcome
    /// Records the outcomes of the items.
    /// - Returns: how many succeeded; failures are reported with `recordFailure` of the transaction.
    func record(_ finished: [(Item, Outcome)], _ slice: Slice, _ tx: Transaction) async throws -> Int
    /// The item that ``claim(_:_:_:)`` would take with a limit of one; nil when nothing is due. Reads only its key.
    func firstDue(_ slice: Slice, _ tx: Transaction) async throws -> Item.ID?
    /// Records that an item cannot be claimed or recorded, and keeps this run from claiming it again; later runs wait
    /// for its backoff. The failure is recorded on the run already.
    func recordFailure(of id: Item.ID, because reason: String, _ slice: Slice, _ tx: Transaction) async throws
    /// How many items of this run could not be claimed yet (because other processes hold them, say). The run is not
    /// finished while there are some.
    func outstanding(_ slice: Slice, _ tx: Transaction) async throws -> Int
    /// How many items a run would claim now, for the dry run. No external service is called.
    func dryRun(_ slice: Slice, _ tx: Transaction) async throws -> Int
}

extension ExternalJob {
    /// Nothing.
    public func prepare(_ slice: Slice, _ tx: Transaction) async throws {}
    /// None.
    public func outstanding(_ slice: Slice, _ tx: Transaction) async throws -> Int { 0 }
}
