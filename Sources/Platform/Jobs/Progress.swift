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
