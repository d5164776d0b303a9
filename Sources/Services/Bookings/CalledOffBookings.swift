import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Bookings that hold tickets of an event that was called off.
enum CalledOffBookings {
    /// How many are cancelled at once: each has up to three messages and mails.
    private static let limit = 2500

    /// Cancels some of them and grants their customers all that they paid.
    /// - Returns: how many, and whether there may be more.
    static func cancel(at instant: Date, _ tx: Transaction) async throws -> (cancelled: Int, more: Bool) {
        let holders = try await tx.query(
            cancelHolders, as: WithLetter<Holder>.self, limit, instant, CancellationReason.eventCalledOff.rawValue)
        let cancelled = holders.filter(\.row.isCancelled)
        try tx.publish(BookingCancelled.all(cancelled.map(\.letter), because: .eventCalledOff, at: instant))
        for booking in cancelled {
            if let refund = booking.row.refund { try tx.publish(BookingRefundApproved(booking.letter, amount: refund, at: instant)) }
            try tx.tell(.calledOff(reason: booking.row.why, refund: booking.row.refund), booking.letter)
        }
        return (cancelled.count, holders.count == limit)
    }

    private struct Holder: Decodable, Sendable {
        let isCancelled: Bool
        let why: String
        let refund: Int?
    }

    // Of several payments of a booking that succeeded all but one go back by themselves, and nothing is left of those.
    private static let cancelHolders: SQL = """
        with holders as materialized (
            select b.id, c.reason from called_off c join bookings b on b.event_id = c.event_id and b.status in ('pending', 'confirmed')
            order by b.event_id, b.id limit $1),
        owed as (
            select holders.id, max(p.left_amount) as amount
            from holders join payments.payment_facts p on p.booking_id = holders.id
            where p.status = 'succeeded' and p.left_amount > 0
            group by holders.id),
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
        select cancelled.id is not null as is_cancelled, holders.reason as why, cancelled.refund_amount as refund, letters.*
        from holders cross join lateral (select * from letters where booking_id = holders.id offset 0) letters
             left join cancelled on cancelled.id = holders.id
        order by letters.event_id, letters.booking_id
        """
}
