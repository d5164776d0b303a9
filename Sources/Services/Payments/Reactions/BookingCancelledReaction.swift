import Contracts
import Platform
import Postgres

/// Voids the payments of a cancelled booking that were never handed over. One that the gateway has in hand is for the gateway to decide.
struct BookingCancelledReaction: Reaction {
    func react(to messages: [Incoming<BookingCancelled>], _ tx: Transaction) async throws {
        try tx.enqueue(Self.void, messages.map(\.data.bookingId), tx.now)
    }

    private static let void: SQL = """
        with open as (
            select id from payments where booking_id = any ($1::bigint[]) and status = 'pending' order by id for no key update)
        update payments p set status = 'voided', voided_at = $2
        from open where p.id = open.id and p.status = 'pending'
        """
}
