import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Bookings that hold tickets of an event that was cancelled.
enum EventCancellation {
    /// The maximum number of bookings cancelled at once: each has up to three messages and mails.
    private static let limit = 2500

    /// The first of these bookings after the slice's cursor.
    static func first(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        try await tx.firstRow(firstHolder, called: "booking", slice.after.parent, slice.after.id)
    }

    /// Cancels the next ones and grants their customers a full refund.
    static func cancel(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let instant = slice.now
        let limit = min(limit, slice.limit)
        let holders = try await tx.query(
            cancelHolders, as: WithMailContext<TicketHolder>.self, limit, instant, CancellationReason.eventCalledOff.rawValue, slice.after.parent,
            slice.after.id)
        let cancelled = holders.filter(\.row.isCancelled)
        try tx.publish(BookingCancelled.all(cancelled.map(\.mailContext), because: .eventCalledOff, at: instant))
        for booking in cancelled {
            let refund = booking.row.refund.map { Money($0, booking.row.paidIn ?? booking.mailContext.currency) }
            if let refund { try tx.publish(BookingRefundApproved(booking.mailContext, refund, at: instant)) }
            try tx.sendMail(.eventCancelled(reason: booking.row.why, refund: refund), booking.mailContext)
        }
        return Progress(cancelled.count, more: holders.count == limit, after: slice.after)
    }

    private static let firstHolder: SQL = """
        select b.event_id as parent, b.id, b.reference
        from event_cancellations c join bookings b on b.event_id = c.event_id and b.status in ('pending', 'confirmed')
        where c.event_id >= $1 and (b.event_id, b.id) > ($1, $2)
          and (c.forced
               or not exists (select from events.event_facts e where e.event_id = c.event_id and e.status in ('completed', 'archived')))
        order by b.event_id, b.id limit 1
        """

    private struct TicketHolder: Decodable, Sendable {
        let isCancelled: Bool
        let why: String
        let refund: Int?
        /// The currency of the payment; nil when nothing was paid.
        let paidIn: String?
    }

    // If several payments of a booking succeeded, all but one are duplicates: they are refunded without a request, and
    // nothing is left of them.
    private static let cancelHolders: SQL = """
        with holders as materialized (
            select b.id, c.reason from event_cancellations c join bookings b on b.event_id = c.event_id and b.status in ('pending', 'confirmed')
            where c.event_id >= $4 and (b.event_id, b.id) > ($4, $5)
              and (c.forced
                   or not exists (select from events.event_facts e where e.event_id = c.event_id and e.status in ('completed', 'archived')))
            order by b.event_id, b.id limit $1),
        owed as (
            select distinct on (holders.id) holders.id, p.left_amount as amount, p.currency
            from holders join payments.payment_facts p on p.booking_id = holders.id
            where p.status = 'succeeded' and p.left_amount > 0
            order by holders.id, p.left_amount desc),
        cancelled as (
            update bookings b
            set status = 'cancelled', cancelled_at = $2, cancellation_reason = $3,
                refund_amount = owed.amount, refund_approved_at = case when owed.amount > 0 then $2::timestamptz end,
                refund_denied = b.refund_denied and owed.amount is null,
                refund_denial_reason = case when owed.amount is null then b.refund_denial_reason end,
                refund_processed = b.refund_processed and owed.amount is null
            from holders left join owed using (id)
            where b.id = holders.id and b.id = any (array(select id from holders)) and b.status in ('pending', 'confirmed')
            returning b.id, b.refund_amount)
        select cancelled.id is not null as is_cancelled, holders.reason as why, cancelled.refund_amount as refund, owed.currency as paid_in,
               booking_mail_contexts.*
        from holders
             cross join lateral (
                 select booking_id, reference, quantity, total_amount, currency, user_id, first_name, email,
                        language, event_id, title, location, starts_at, time_zone
                 from booking_mail_contexts where booking_id = holders.id offset 0) booking_mail_contexts
             left join cancelled on cancelled.id = holders.id
             left join owed on owed.id = holders.id
        order by booking_mail_contexts.event_id, booking_mail_contexts.booking_id
        """
}
