import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Removes old cancelled bookings that owe nothing to their customers. What reports need of them is kept in
/// `removed_figures` and `removed_bookings`.
struct CleanupOldCancelled: Job {
    static let name = JobName.bookingsCleanupOldCancelled
    static let sliceLimit = 2000

    /// How long a cancelled booking is kept.
    static let retention: TimeInterval = 30 * 24 * 3600

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let old = try await tx.query(Self.remove, as: Old.self, slice.now - Self.retention, slice.after.instant, slice.after.id, slice.limit)
        return Progress(
            old.count { $0.isRemoved }, more: old.count == slice.limit,
            after: old.last.map { KeysetCursor(instant: $0.cancelledAt, id: $0.id) } ?? slice.after)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        try await tx.firstRow(Self.first, called: "booking", slice.now - Self.retention, slice.after.instant, slice.after.id)
    }

    /// A booking past its retention: removed, or skipped because it owes something.
    private struct Old: Decodable, Sendable {
        let cancelledAt: PostgresTimestamp
        let id: Int
        let isRemoved: Bool
    }

    private static let first: SQL = """
        select cancelled_at as instant, id, reference from bookings
        where status = 'cancelled' and cancelled_at < $1 and (cancelled_at, id) > ($2, $3)
        order by cancelled_at, id limit 1
        """

    // A booking owes an answer to a refund request, a granted refund, the outcome of an open payment, and money that
    // was paid and neither refunded nor denied. A denial does not cover money in a pending refund, or in one that the
    // gateway refused.
    private static let remove: SQL = """
        with old as materialized (
            select id, cancelled_at from bookings
            where status = 'cancelled' and cancelled_at < $1 and (cancelled_at, id) > ($2, $3)
            order by cancelled_at, id limit $4),
        removed as (
            delete from bookings b
            where b.id = any (array(select id from old)) and b.status = 'cancelled'
              and (not b.refund_requested or b.refund_denied) and b.refund_approved_at is null
              and not exists (
                  select from payments.payment_facts p
                  where p.booking_id = b.id
                    and (p.status in ('pending', 'processing')
                         or p.paid_at is not null and p.refunded_amount < p.amount
                            and not (b.refund_denied and p.status = 'succeeded' and p.left_amount = p.amount - p.refunded_amount))
                  offset 0)
            returning b.id, b.user_id, b.created_at, b.confirmed_at, b.cancelled_at, b.cancellation_reason, b.currency, b.event_id,
                b.quantity, b.total_amount),
        counted as (
            insert into removed_bookings (booking_id, user_id, event_id, quantity, total_amount, currency, created_at, confirmed_at, cancelled_at)
            select id, user_id, event_id, quantity, total_amount, currency, created_at, confirmed_at, cancelled_at from removed order by id),
        forgotten as (
            delete from status_history where of = any (array(select id from removed))),
        kept as (
            insert into removed_figures as f (quarter_hour, happened, currency, event_id, reason, count, tickets, amount)
            select date_bin('15 minutes', at, 'epoch'), happened, currency, event_id, reason, count(*), sum(quantity), sum(total_amount)
            from removed cross join lateral (values
                     ('created', '', created_at), ('confirmed', '', confirmed_at),
                     ('cancelled', coalesce(cancellation_reason, 'unknown'), cancelled_at)) as moments (happened, reason, at)
            where at is not null
            group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
            on conflict (quarter_hour, happened, currency, event_id, reason) do update
            set count = f.count + excluded.count, tickets = f.tickets + excluded.tickets, amount = f.amount + excluded.amount)
        select old.cancelled_at, old.id, removed.id is not null as is_removed
        from old left join removed using (id)
        order by old.cancelled_at, old.id
        """
}
