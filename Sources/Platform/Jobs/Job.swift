import Contracts
import FoundationEssentials

/// A piece of scheduled work on the database: a function of the rows and the clock, cut into slices.
///
/// One job, one file. It is started by a tick, by hand or by `Transaction.trigger`; every slice is one transaction. Run twice at the
/// same instant it changes nothing the second time; that is what makes a killed process and a doubled tick harmless.
public protocol Job: Sendable {
    /// The name in ticks, in the ledger and in Contracts/schedules.yaml.
    static var name: JobName { get }
    /// How many rows a slice takes.
    static var sliceLimit: Int { get }
    /// Works one slice.
    /// - Throws: a ``PermanentFailure`` when trying again cannot help; anything else is retried with backoff.
    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress
}

extension Job {
    /// A thousand rows: a few hundredths of a second for most jobs.
    public static var sliceLimit: Int { 1000 }
}

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

/// One bounded piece of a run.
public struct Slice: Sendable {
    /// The instant by which this slice decides.
    public let now: Date
    /// The instant the tick was scheduled for: period reports go by it.
    public let scheduledFor: Date
    /// The run's number in the ledger.
    public let runID: Int
    /// Counted from 1.
    public let number: Int
    /// How many rows to take at most.
    public let limit: Int
    /// Where the slice before stopped; nil at the beginning.
    public let cursor: String?
    /// What the person who started it asked for.
    public let parameters: [String: String]
    /// Whether all of it will be rolled back.
    public let isDryRun: Bool

    /// A whole number from the parameters.
    /// - Throws: ``BadParameter``.
    public func integer(_ name: String) throws(BadParameter) -> Int? {
        guard let text = parameters[name] else { return nil }
        guard let value = Int(text) else { throw BadParameter(name: name, value: text, expected: "a whole number") }
        return value
    }
}

/// What a slice did.
public struct Progress: Sendable {
    /// Rows worked.
    public let count: Int
    /// Whether there is more to do.
    public let more: Bool
    /// Where the next slice goes on; nil for jobs that find the rest by its state.
    public let cursor: String?

    /// So many rows, and whether there are more.
    public init(_ count: Int, more: Bool = false, cursor: String? = nil) {
        self.count = count
        self.more = more
        self.cursor = cursor
    }
}

/// An error that trying again cannot mend: the message is parked at once.
public protocol PermanentFailure: Error {}

/// A parameter of a trigger that the job cannot use.
public struct BadParameter: PermanentFailure, CustomStringConvertible {
    let name: String
    let value: String
    let expected: String

    /// `parameter NAME is "x", but must be …`
    public var description: String { "parameter \(name) is \"\(value)\", but must be \(expected)" }
}
