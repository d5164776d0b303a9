import Postgres

/// The row after which a slice continues, among rows in the order of an instant and then an id (keyset pagination).
///
/// Selected as the columns `instant` and `id`, and compared as `(created_at, id) > ($1, $2)`.
public struct KeysetCursor: Equatable, Decodable, Sendable {
    /// Before all rows.
    public static let start = KeysetCursor(instant: .negativeInfinity, id: .min)

    /// The row's instant, exactly.
    public let instant: PostgresTimestamp
    /// The row's id.
    public let id: Int

    /// The cursor after a row.
    public init(instant: PostgresTimestamp, id: Int) {
        self.instant = instant
        self.id = id
    }

    /// Reads a cursor from a run's details; the start for nil and for any other text.
    public init(_ text: (some StringProtocol)?) {
        let parts = text?.split(separator: " ") ?? []
        guard parts.count == 2, let microseconds = Int64(parts[0]), let id = Int(parts[1]) else {
            self = .start
            return
        }
        self.init(instant: PostgresTimestamp(microseconds: microseconds), id: id)
    }

    /// The cursor as it is stored in a run's details.
    public var text: String { "\(instant.microseconds) \(id)" }
}
