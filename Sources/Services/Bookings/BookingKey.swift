import Platform
import Postgres

/// The reference and the keyset position of a booking, read when a slice has to skip it.
struct BookingKey: Decodable, Sendable {
    let id: Int
    let reference: String
    /// The timestamp by which the rows are ordered; nil for a job that orders by id alone.
    let instant: PostgresTimestamp?

    /// The booking's name in messages to people.
    var name: String { "booking \(reference)" }
    /// The cursor after this booking.
    var keyset: KeysetCursor { KeysetCursor(instant: instant ?? .negativeInfinity, id: id) }
}
