import Contracts
import Platform
import Postgres

/// Voids payments of cancelled bookings that were never submitted to the gateway. The gateway decides about the others.
struct BookingCancelledReaction: Reaction {
    func react(to messages: [Incoming<BookingCancelled>], _ tx: Transaction) async throws {
        try tx.enqueue(Self.void, messages.flatMap(\.data.bookings).map(\.bookingId), tx.now)
    }

    // The array is in the order of the ids, the order in which its index is read and every transaction locks payments.
    // As a join, all payments before it would be read.
    private static let void: SQL = """
        update payments set status = 'voided', voided_at = $2
        where id = any (array(select id from payments where booking_id = any ($1::bigint[]) and status = 'pending' order by id)) and status = 'pending'
        """
}
