/// A row that does not become what it was asked to be.
public struct PostgresDecodingError: Error, Sendable, CustomStringConvertible {
    /// The row of the result, from 0.
    public let row: Int
    /// The column, or the property that no column is there for.
    public let column: String
    /// The Swift type that was asked for.
    public let type: String
    /// The end of a sentence that begins with the column's name. Never the value.
    public let reason: String

    /// Which row, column and type, and why not.
    public var description: String {
        "row \(row): column \"\(column)\" does not become \(type): it \(reason)"
    }
}
