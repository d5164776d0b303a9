/// The progress of a slice.
public struct Progress: Sendable {
    /// Rows processed.
    public let count: Int
    /// Whether there is more to do.
    public let more: Bool
    /// Where the next slice continues. A job that finds its next rows by their state returns the cursor of its slice.
    public let cursor: String?

    /// A number of rows, and whether there are more.
    public init(_ count: Int, more: Bool = false, cursor: String? = nil) {
        self.count = count
        self.more = more
        self.cursor = cursor
    }
}
