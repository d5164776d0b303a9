import Contracts
import Platform
import Postgres

/// Records on bookings that their holders were asked how the event was.
struct BookingFollowedUpReaction: Reaction {
    func react(to messages: [Incoming<BookingFollowedUp>], _ tx: Transaction) async throws {
        let bookings = messages.flatMap { $0.data.bookings.map(\.bookingId) }
        try await KnownBookings.require(bookings, tx)
        try await tx.execute(Self.note, bookings)
    }

    private static let note: SQL = """
        update bookings set follow_up_sent = true where id = any ($1::bigint[]) and not follow_up_sent
        """
}
