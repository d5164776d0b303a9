import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Confirms bookings that were paid. A payment for an already cancelled booking is refunded in full.
struct PaymentSucceededReaction: Reaction {
    func react(to messages: [Incoming<PaymentSucceeded>], _ tx: Transaction) async throws {
        let paid = messages.map(\.data.bookingId)
        try await KnownBookings.require(paid, tx)
        try await tx.execute(Self.confirm, paid, tx.now)
        // After the first statement, so that it sees a cancellation for which the first one had to wait.
        let owed = try await tx.query(Self.grantAll, as: WithMailContext<Owed>.self, paid, tx.now)
        let causes = messages.causes(of: \.bookingId)
        for booking in owed {
            try tx.publish(
                BookingRefundApproved(booking.mailContext, Money(booking.row.owed, booking.row.paidIn), at: tx.now),
                causedBy: causes[booking.mailContext.bookingId])
        }
    }

    private struct Owed: Decodable, Sendable {
        let owed: Int
        let paidIn: String
    }

    private static let confirm: SQL = """
        update bookings set status = 'confirmed', confirmed_at = $2 where id = any ($1) and status = 'pending'
        """

    // A booking that was refunded after a late payment may be paid again by another payment.
    private static let grantAll: SQL = """
        with owed as materialized (
            select distinct on (b.id) b.id, p.left_amount as amount, p.currency
            from bookings b join payments.payment_facts p on p.booking_id = b.id
            where b.id = any ($1) and b.status in ('cancelled', 'refunded') and b.refund_approved_at is null
              and p.status = 'succeeded' and p.left_amount > 0
            order by b.id, p.left_amount desc),
        granted as (
            update bookings b
            set refund_amount = coalesce(b.refund_amount, 0) + owed.amount, refund_approved_at = $2,
                refund_denied = false, refund_denial_reason = null, refund_processed = false
            from owed
            where b.id = owed.id and b.status in ('cancelled', 'refunded') and b.refund_approved_at is null
            returning b.id, owed.amount, owed.currency)
        select granted.amount as owed, granted.currency as paid_in,
               booking_mail_contexts.booking_id, booking_mail_contexts.reference, booking_mail_contexts.quantity, booking_mail_contexts.total_amount, booking_mail_contexts.currency,
               booking_mail_contexts.user_id, booking_mail_contexts.first_name, booking_mail_contexts.email, booking_mail_contexts.language, booking_mail_contexts.event_id,
               booking_mail_contexts.title, booking_mail_contexts.location, booking_mail_contexts.starts_at, booking_mail_contexts.time_zone
        from granted join booking_mail_contexts on booking_mail_contexts.booking_id = granted.id
        """
}
