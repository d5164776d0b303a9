import Contracts

/// A piece of scheduled work on the database: a function of the rows and the clock, cut into slices.
///
/// One job, one file. It is started by a tick, by hand or by `Transaction.trigger`; every slice is one transaction. Run twice
/// at the same instant it changes nothing the second time; that is what makes a killed process and a doubled tick harmless.
///
/// A slice that fails because of a row (see ``PermanentFailure``) is processed again with half its limit, down to a single
/// row. A row that fails alone is recorded on the run by the name that ``firstRow(of:_:)`` gives it, and the run continues
/// behind it. A report of a period, which has no rows, is a ``ReportJob``.
public protocol Job: Sendable {
    /// The name in ticks, in the ledger and in Contracts/schedules.yaml.
    static var name: JobName { get }
    /// How many rows a slice takes.
    static var sliceLimit: Int { get }
    /// Processes one slice: at most `slice.limit` rows behind `slice.cursor`.
    ///
    /// A job that finds its next rows by their state alone returns the cursor that it was given, so that a row that was
    /// passed over stays behind it.
    /// - Throws: a ``PermanentFailure`` when trying again cannot help; anything else is retried with backoff.
    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress
    /// The row that ``run(_:_:)`` takes first when the slice has a limit of one; nil when no row is left.
    ///
    /// It is asked for when slices fail, and reads nothing but the row's key and what people call it.
    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow?
}

extension Job {
    /// A thousand rows: a few hundredths of a second for most jobs.
    public static var sliceLimit: Int { 1000 }
}
