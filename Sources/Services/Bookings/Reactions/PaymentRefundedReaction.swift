import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Marks bookings as refunded whose money is back with the customer, and e-mails the customer.
///
/// Refunds of a booking have three causes and can arrive in any order:
///
/// | refunded | marks a cancelled booking as refunded |
/// | --- | --- |
/// | a granted refund | always |
/// | a late payment | if no refund was granted: there was no other payment |
/// | a duplicate payment | never: the first one pays for the booking |
///
/// Confirmed bookings, and bookings another payment may still pay, are never changed.
struct PaymentRefundedReaction: Reaction {
    func react(to messages: [Incoming<PaymentRefunded>], _ tx: Transaction) async throws {
        try await KnownBookings.require(messages.map(\.data.bookingId), tx)
        try tx.enqueue(Self.clearFailure, messages.map(\.data.bookingId))
        let ends = messages.filter { $0.data.cause != .double }
        guard !ends.isEmpty else { return }
        let bookings = ends.map(\.data.bookingId)
        let areGranted = ends.map { $0.data.cause == .approved }
        let refunded = try await tx.query(
            Self.refund, as: WithMailContext<Refund>.self, bookings, ends.map(\.data.payment.money.amount), ends.map(\.data.payment.money.currency),
            areGranted, tx.now)
        let causes = ends.causes(of: \.bookingId)
        for booking in refunded {
            let (mailContext, money) = (booking.mailContext, Money(booking.row.amountBack, booking.row.currencyBack))
            let cause = causes[mailContext.bookingId]
            try tx.publish(
                BookingRefunded(
                    bookingId: mailContext.bookingId, eventId: mailContext.eventId, userId: mailContext.userId, quantity: mailContext.quantity,
                    money: money, refundedAt: tx.now),
                causedBy: cause)
            try tx.sendMail(.refunded(money), mailContext, causedBy: cause)
        }
        if let early = try await tx.query(Self.waiting, as: String.self, bookings, areGranted).first { throw TooEarly(reference: early) }
    }

    private struct Refund: Decodable, Sendable {
        let amountBack: Int
        let currencyBack: String
    }

    /// The booking is not cancelled here yet. The message is tried again.
    private struct TooEarly: Error, CustomStringConvertible {
        let reference: String
        var description: String { "booking \(reference) is not cancelled yet" }
    }

    // The gateway has paid a refund that it had refused before. Refunds that it still refuses are rows of the payments
    // service.
    private static let clearFailure: SQL = """
        update bookings set refund_failure = null where id = any ($1::bigint[]) and refund_failure is not null
        """

    // The refund of a late payment clears an earlier denial, which was decided without knowing of that payment.
    private static let refund: SQL = """
        with back as materialized (
            select distinct on (booking) booking, amount, currency, is_granted
            from unnest($1::bigint[], $2::bigint[], $3::text[], $4::boolean[]) with ordinality as told (booking, amount, currency, is_granted, place)
            order by booking, is_granted desc, place),
        refunded as (
            update bookings b
            set status = 'refunded', refunded_at = $5, refund_amount = coalesce(b.refund_amount, back.amount), refund_processed = true,
                refund_denied = false, refund_denial_reason = null, refund_failure = null
            from back where b.id = back.booking and b.status = 'cancelled' and (back.is_granted or b.refund_approved_at is null)
            returning b.id, back.amount, back.currency),
        all_back as (
            update bookings b set refund_processed = true, refund_failure = null
            from back where b.id = back.booking and b.status = 'refunded' and back.is_granted and not b.refund_processed)
        select refunded.amount as amount_back, refunded.currency as currency_back,
               booking_mail_contexts.booking_id, booking_mail_contexts.reference, booking_mail_contexts.quantity, booking_mail_contexts.total_amount, booking_mail_contexts.currency,
               booking_mail_contexts.user_id, booking_mail_contexts.first_name, booking_mail_contexts.email, booking_mail_contexts.language, booking_mail_contexts.event_id,
               booking_mail_contexts.title, booking_mail_contexts.location, booking_mail_contexts.starts_at, booking_mail_contexts.time_zone
        from refunded join booking_mail_contexts on booking_mail_contexts.booking_id = refunded.id
        order by refunded.id
        """

    private static let waiting: SQL = """
        select b.reference from unnest($1::bigint[], $2::boolean[]) as told (booking, is_granted) join bookings b on b.id = told.booking
        where b.status = 'cancelled' and (told.is_granted or b.refund_approved_at is null)
           or b.status = 'pending' and not exists (
               select from payments.payment_facts p where p.booking_id = b.id and p.status in ('pending', 'processing', 'succeeded'))
        """
}
