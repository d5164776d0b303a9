import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Ends bookings whose money is back with the customer, and tells the customer.
///
/// A booking that is still confirmed was paid twice, and one of its payments went back: that changes nothing for it.
struct PaymentRefundedReaction: Reaction {
    func react(to messages: [Incoming<PaymentRefunded>], _ tx: Transaction) async throws {
        let bookings = messages.map(\.data.bookingId)
        try await UnknownBooking.refuse(bookings, tx)
        let refunded = try await tx.query(
            Self.refund, as: WithLetter<Refund>.self, bookings, messages.map(\.data.amount), messages.map(\.data.currency), tx.now)
        let causes = messages.causes(of: \.bookingId)
        for booking in refunded {
            let (letter, amount, currency) = (booking.letter, booking.row.amountBack, booking.row.currencyBack)
            let cause = causes[letter.bookingId]
            try tx.publish(
                BookingRefunded(
                    bookingId: letter.bookingId, eventId: letter.eventId, userId: letter.userId, quantity: letter.quantity, amount: amount,
                    currency: currency, refundedAt: tx.now),
                causedBy: cause)
            try tx.tell(.refunded(amount, currency: currency), letter, causedBy: cause)
        }
        if let early = try await tx.query(Self.stillHeld, as: String.self, bookings).first { throw TooEarly(reference: early) }
    }

    private struct Refund: Decodable, Sendable {
        let amountBack: Int
        let currencyBack: String
    }

    /// The booking's cancellation is still on its way here. That is worth another attempt.
    private struct TooEarly: Error, CustomStringConvertible {
        let reference: String
        var description: String { "booking \(reference) is not cancelled yet" }
    }

    private static let refund: SQL = """
        with back as materialized (
            select distinct on (booking) booking, amount, currency
            from unnest($1::bigint[], $2::bigint[], $3::text[]) with ordinality as told (booking, amount, currency, place)
            order by booking, place),
        refunded as (
            update bookings b
            set status = 'refunded', refunded_at = $4, refund_amount = coalesce(b.refund_amount, back.amount), refund_processed = true,
                refund_failure = null
            from back where b.id = back.booking and b.status = 'cancelled'
            returning b.id, back.amount, back.currency)
        select refunded.amount as amount_back, refunded.currency as currency_back, letters.*
        from refunded join letters on letters.booking_id = refunded.id
        order by refunded.id
        """

    private static let stillHeld: SQL = "select reference from bookings where id = any ($1) and status in ('pending', 'cancelled')"
}
