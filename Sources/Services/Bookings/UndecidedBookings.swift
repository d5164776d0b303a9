import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Bookings whose payment waits for a person's decision although their event has begun. Their tickets cannot be used
/// any more.
enum UndecidedBookings {
    /// The maximum number of payments in review that are read at once.
    private static let limit = 1000

    /// The first booking after the slice's cursor whose payment waits for a person's decision.
    static func first(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        try await tx.firstRow(first, called: "booking", slice.after.id)
    }

    /// Cancels those of the next bookings whose event has begun. Money that their payments turn out to have taken is
    /// refunded in full.
    static func cancel(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let limit = min(limit, slice.limit)
        let waiting = try await tx.query(inReview, as: Int.self, slice.after.id, limit)
        guard let last = waiting.last else { return Progress(0) }
        let mailContexts = try await tx.query(cancelBegun, as: BookingMailContext.self, waiting, slice.now, CancellationReason.expired.rawValue)
        try tx.publish(BookingCancelled.all(mailContexts, because: .expired, at: slice.now))
        for mailContext in mailContexts { try tx.sendMail(.expired, mailContext) }
        return Progress(mailContexts.count, more: waiting.count == limit, after: KeysetCursor(id: last))
    }

    private static let first: SQL = """
        select p.booking_id as id, coalesce(b.reference, p.booking_id::text) as reference
        from payments.payment_facts p left join bookings b on b.id = p.booking_id
        where p.review_since is not null and p.booking_id > $1
        order by p.booking_id limit 1
        """

    private static let inReview: SQL = """
        select booking_id from payments.payment_facts where review_since is not null and booking_id > $1 order by booking_id limit $2
        """

    private static let cancelBegun: SQL = """
        with cancelled as (
            update bookings b set status = 'cancelled', cancelled_at = $2, cancellation_reason = $3
            where b.id = any ($1::bigint[]) and b.status = 'pending'
              and exists (select from events.event_facts e where e.event_id = b.event_id and e.starts_at <= $2 offset 0)
              and exists (
                  select from payments.payment_facts p
                  where p.booking_id = b.id and p.status = 'processing' and p.review_since is not null offset 0)
              and not exists (
                  select from payments.payment_facts other
                  where other.booking_id = b.id
                    and (other.status = 'succeeded' or other.status in ('pending', 'processing') and other.review_since is null)
                  offset 0)
            returning b.id)
        select booking_mail_contexts.*
        from cancelled
             cross join lateral (
                 select booking_id, reference, quantity, total_amount, currency, user_id, first_name, email,
                        language, event_id, title, location, starts_at, time_zone
                 from booking_mail_contexts where booking_id = cancelled.id offset 0) booking_mail_contexts
        """
}
