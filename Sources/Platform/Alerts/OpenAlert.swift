import FoundationEssentials

/// A row of `operations.alerts` that has not ended.
public struct OpenAlert: Decodable, Sendable {
    /// Its id.
    public let id: Int
    /// What it is wrong with.
    public let subject: String
    /// When it began.
    public let since: Date
    /// Since when nothing is known about it; nil while its condition is known.
    public let noDataSince: Date?
}
