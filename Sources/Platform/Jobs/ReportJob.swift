/// A job that has no rows to process one by one: it reports a period as a whole, in one slice.
///
/// There is nothing to divide and nothing to pass over, so a report must be written such that no single row can fail it.
public protocol ReportJob: Job {}

extension ReportJob {
    /// One slice.
    public static var sliceLimit: Int { 1 }
    /// A report has no rows.
    public func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? { nil }
}
