import Contracts
import Platform
import Postgres

/// Payments that ended without money.
struct FailedPayments {
    let payments: [Int]
    /// The bookings that they were meant to pay.
    let bookings: [Int]
    /// The traces of the messages that reported them, by booking.
    let causes: [Int: TraceContext]

    /// Cancels the bookings that no other payment can pay, and e-mails the customers.
    func cancelBookings(because reason: CancellationReason, telling mail: BookingMail, _ tx: Transaction) async throws {
        try await KnownBookings.require(bookings, tx)
        let cancelled = try await tx.query(Self.cancel, as: BookingMailContext.self, bookings, payments, tx.now, reason.rawValue)
        try tx.enqueue(Self.endPostponement, bookings)
        for mailContext in cancelled {
            let cause = causes[mailContext.bookingId]
            try tx.publish(BookingCancelled.all([mailContext], because: reason, at: tx.now), causedBy: cause)
            try tx.sendMail(mail, mailContext, causedBy: cause)
        }
    }

    /// A booking that is still pending may expire again: the payment for which it was skipped has ended.
    private static let endPostponement: SQL = """
        update bookings set expires_from = null where id = any ($1::bigint[]) and status = 'pending' and expires_from is not null
        """

    // A booking that costs nothing needs no payment. The payments are selected by an array as well: a join would read
    // all payments when there are thousands of bookings.
    private static let cancel: SQL = """
        with cancelled as (
            update bookings b set status = 'cancelled', cancelled_at = $3, cancellation_reason = $4
            where b.id = any ($1) and b.status = 'pending' and b.total_amount > 0
              and not exists (
                  select from payments.payment_facts p
                  where p.booking_id = b.id and p.booking_id = any ($1) and p.status in ('pending', 'processing', 'succeeded')
                    and p.payment_id not in (select unnest($2::bigint[])))
            returning b.id)
        select booking_mail_contexts.booking_id, booking_mail_contexts.reference, booking_mail_contexts.quantity, booking_mail_contexts.total_amount, booking_mail_contexts.currency,
               booking_mail_contexts.user_id, booking_mail_contexts.first_name, booking_mail_contexts.email, booking_mail_contexts.language, booking_mail_contexts.event_id,
               booking_mail_contexts.title, booking_mail_contexts.location, booking_mail_contexts.starts_at, booking_mail_contexts.time_zone
        from cancelled join booking_mail_contexts on booking_mail_contexts.booking_id = cancelled.id
        order by booking_mail_contexts.booking_id
        """
}
