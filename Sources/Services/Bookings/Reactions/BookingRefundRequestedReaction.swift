import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Notes that a customer wants the money back, since when. The first wish counts; ``ProcessRefunds`` decides it.
///
/// It is noted on a pending booking too: the wish may come before the word that the booking was paid, and waits there until that is known.
struct BookingRefundRequestedReaction: Reaction {
    func react(to messages: [Incoming<BookingRefundRequested>], _ tx: Transaction) async throws {
        let bookings = messages.map(\.data.bookingId)
        try await BookingNotFound.refuse(bookings, tx)
        try await tx.execute(Self.note, bookings, messages.map(\.data.requestedAt), tx.now)
    }

    private static let note: SQL = """
        update bookings b set refund_requested = true, refund_requested_at = least(told.at, $3)
        from (select booking, min(at) as at from unnest($1::bigint[], $2::timestamptz[]) as told (booking, at) group by booking) as told
        where b.id = told.booking and b.status in ('pending', 'confirmed', 'cancelled')
          and not b.refund_requested and not b.refund_denied and b.refund_approved_at is null
        """
}
