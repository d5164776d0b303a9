import Contracts
import Platform
import Postgres

/// Voids the payments of cancelled bookings that were never handed over. One that the gateway has in hand is for the gateway to decide.
struct BookingCancelledReaction: Reaction {
    func react(to messages: [Incoming<BookingCancelled>], _ tx: Transaction) async throws {
        try tx.enqueue(Self.void, messages.flatMap(\.data.bookings).map(\.bookingId), tx.now)
    }

    // The array is in the order of the ids, in which its index is read and everybody locks payments; joined, all payments before it would be read.
    private static let void: SQL = """
        update payments set status = 'voided', voided_at = $2
        where id = any (array(select id from payments where booking_id = any ($1::bigint[]) and status = 'pending' order by id)) and status = 'pending'
        """
}
