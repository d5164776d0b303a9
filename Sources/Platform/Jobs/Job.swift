import Contracts

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
