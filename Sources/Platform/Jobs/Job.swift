import Contracts

/// Scheduled work on the database: a function of the rows and the clock, cut into slices.
///
/// One job, one file. It is started by a tick, by hand or by `Transaction.trigger`; every slice is one transaction. Run
/// twice at the same instant it changes nothing the second time; that makes a killed process and a duplicate tick
/// harmless.
///
/// A slice that fails because of a row (see ``PermanentFailure``) is processed again with half its limit, down to a
/// single row. A row that fails alone is recorded on the run by the name that ``firstRow(of:_:)`` returns, and the run
/// continues after it. A report of a period, which has no rows, is a ``ReportJob``.
public protocol Job: Sendable {
    /// The name in ticks, in `operations.job_runs` and in Contracts/schedules.yaml.
    static var name: JobName { get }
    /// The most rows of a slice.
    static var sliceLimit: Int { get }
    /// Whether a second lies between slices, so that work which is in no hurry leaves the machine to the services.
    static var restsBetweenSlices: Bool { get }
    /// Processes one slice: at most `slice.limit` rows after `slice.cursor`.
    ///
    /// A job that finds its next rows by their state alone returns the cursor of its slice, so that a row that was
    /// skipped is not taken again.
    /// - Throws: a ``PermanentFailure`` when trying again cannot help; anything else is retried with backoff.
    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress
    /// The row that ``run(_:_:)`` takes first when the slice has a limit of one; nil when no row is left.
    ///
    /// It is called when slices fail, and reads only the row's key and its name for people.
    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow?
}

extension Job {
    /// A thousand rows: a few hundredths of a second for most jobs.
    public static var sliceLimit: Int { 1000 }
    /// The next slice follows at once.
    public static var restsBetweenSlices: Bool { false }
}
