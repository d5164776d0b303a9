import Postgres

/// The row after which a slice continues (keyset pagination), among rows in the order of an instant and then an id, or
/// of the id of their parent and then their own, or of their id alone.
///
/// Read from the columns `id` and, where rows are ordered by it, `instant` or `parent`; compared as
/// `(created_at, id) > ($1, $2)`.
public struct KeysetCursor: Equatable, Sendable {
    /// Before all rows.
    public static let start = KeysetCursor(instant: .negativeInfinity, id: .min)

    /// The instant in microseconds or the parent; the same for all rows that are ordered by their id alone.
    private let major: Int64
    /// The row's id.
    public let id: Int

    /// The row's instant, exactly.
    public var instant: PostgresTimestamp { PostgresTimestamp(microseconds: major) }
    /// The id of the row's parent.
    public var parent: Int { Int(major) }

    /// The cursor after a row that is ordered by an instant.
    public init(instant: PostgresTimestamp, id: Int) { (major, self.id) = (instant.microseconds, id) }

    /// The cursor after a row that is ordered by its parent, or by its id alone.
    public init(parent: Int = 0, id: Int) { (major, self.id) = (Int64(parent), id) }

    /// Reads a cursor from a run's details; the start for nil and for any other text.
    init(_ text: String?) {
        let parts = text?.split(separator: " ").compactMap { Int($0) } ?? []
        self = parts.count == 2 ? KeysetCursor(parent: parts[0], id: parts[1]) : .start
    }

    /// The cursor as it is stored in a run's details.
    var text: String { "\(major) \(id)" }
}

extension KeysetCursor: Decodable {
    private enum Column: CodingKey {
        case instant, parent, id
    }

    /// Reads the columns of a row.
    public init(from decoder: any Decoder) throws {
        let row = try decoder.container(keyedBy: Column.self)
        id = try row.decode(Int.self, forKey: .id)
        let instant = try row.decodeIfPresent(PostgresTimestamp.self, forKey: .instant)
        major = try instant?.microseconds ?? row.decodeIfPresent(Int64.self, forKey: .parent) ?? 0
    }
}

extension Slice {
    /// The row after which the slice begins.
    public var after: KeysetCursor { KeysetCursor(cursor) }
}

extension Progress {
    /// A number of rows, whether there are more, and the row after which they come. A job that finds its next rows by
    /// their state returns ``Slice/after``.
    public init(_ count: Int, more: Bool, after last: KeysetCursor) { self.init(count, more: more, cursor: last.text) }
}
