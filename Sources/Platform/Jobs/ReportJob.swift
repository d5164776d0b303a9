/// A job that has no rows to process one by one: it reports a period as a whole, in one slice.
///
/// There is nothing to divide or to skip, so a report must be written such that no single row can make it fail.
public protocol ReportJob: Job {}

extension ReportJob {
    /// One slice.
    public static var sliceLimit: Int { 1 }
    /// A report has no rows.
    public func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? { nil }
}
