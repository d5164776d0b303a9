/// A row that a run could not process.
public struct RowFailure: Codable, Sendable, Equatable {
    /// The row's name for people.
    public let row: String
    /// Why.
    public let error: String

    /// A row and why it failed. Both may quote external text, so both are made storable.
    public init(row: String, error: String) {
        self.row = row.storable(atMost: 200)
        self.error = error.storable()
    }
}
