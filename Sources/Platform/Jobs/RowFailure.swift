/// A row that a run could not work.
public struct RowFailure: Codable, Sendable, Equatable {
    /// What the row is called by people.
    public let row: String
    /// Why.
    public let error: String
}
