import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Records a customer's refund request and its time. The first request counts; ``ProcessRefunds`` decides it.
///
/// It is recorded on a pending booking too: the request may arrive before the message that the booking was paid, and
/// waits until the payment's outcome is known.
struct BookingRefundRequestedReaction: Reaction {
    func react(to messages: [Incoming<BookingRefundRequested>], _ tx: Transaction) async throws {
        let bookings = messages.map(\.data.bookingId)
        try await KnownBookings.require(bookings, tx)
        try await tx.execute(Self.note, bookings, messages.map(\.data.requestedAt), tx.now)
    }

    private static let note: SQL = """
        update bookings b set refund_requested = true, refund_requested_at = least(told.at, $3)
        from (select booking, min(at) as at from unnest($1::bigint[], $2::timestamptz[]) as told (booking, at) group by booking) as told
        where b.id = told.booking and b.status in ('pending', 'confirmed', 'cancelled')
          and not b.refund_requested and not b.refund_denied and b.refund_approved_at is null
        """
}
