import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Bookings of events that have begun, whose money waits for a person's decision. Their tickets are of no use to anybody any more.
enum UndecidedBookings {
    /// How many are cancelled at once.
    private static let limit = 1000

    /// Cancels some of them. What the payments turn out to have taken goes back in full.
    /// - Returns: how many, and whether there may be more.
    static func cancel(_ slice: Slice, _ tx: Transaction) async throws -> (cancelled: Int, more: Bool) {
        let (instant, limit) = (slice.now, min(limit, slice.limit))
        let letters = try await tx.query(cancelBegun, as: Letter.self, limit, instant, CancellationReason.expired.rawValue)
        try tx.publish(BookingCancelled.all(letters, because: .expired, at: instant))
        for letter in letters { try tx.tell(.expired, letter) }
        return (letters.count, letters.count == limit)
    }

    private static let cancelBegun: SQL = """
        with in_review as materialized (
            select booking_id from payments.payment_facts where review_since is not null and status = 'processing'),
        undecided as materialized (
            select b.id
            from bookings b join events.event_facts e on e.event_id = b.event_id
            where b.id = any (array(select booking_id from in_review)) and b.status = 'pending' and e.starts_at <= $2
              and not exists (
                  select from payments.payment_facts other
                  where other.booking_id = b.id
                    and (other.status = 'succeeded' or other.status in ('pending', 'processing') and other.review_since is null)
                  offset 0)
            order by b.id limit $1),
        cancelled as (
            update bookings b set status = 'cancelled', cancelled_at = $2, cancellation_reason = $3
            where b.id = any (array(select id from undecided)) and b.status = 'pending'
            returning b.id)
        select letters.* from cancelled cross join lateral (select * from letters where booking_id = cancelled.id offset 0) letters
        """
}
