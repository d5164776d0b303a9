import Platform
import Postgres

/// What a booking is called and where it stands among others, read when a slice has to pass over it.
struct BookingKey: Decodable, Sendable {
    let id: Int
    let reference: String
    /// What the rows are ordered by; of a job that goes by ids alone nothing.
    let instant: PostgresTimestamp?

    /// What people call the booking.
    var name: String { "booking \(reference)" }
    /// The cursor behind it.
    var keyset: KeysetCursor { KeysetCursor(instant: instant ?? .negativeInfinity, id: id) }
}
