import FoundationEssentials
import Platform
import Postgres

/// Copies the facts of a period that no message has reported yet from what their owners publish.
///
/// A report is due at the very instant at which its period ends, while the last messages of the period are still on
/// their way, and facts from before this service was deployed were never reported. A message that arrives later names
/// the same fact, and adds nothing.
enum FactReconciliation {
    /// Compares how many facts of each kind the owners and this service know, and copies those of the kinds that differ.
    static func run(_ period: ReportPeriod, _ tx: Transaction) async throws {
        let differing = try await tx.query(differing, as: String.self, period.start, period.end)
        guard !differing.isEmpty else { return }
        try await tx.execute(copy, period.start, period.end, differing)
    }

    // Each kind by an index of its own, one status at a time (partial indexes): a year is filled in a report at a time.
    // Owners remove old rows, so this service may know more than they do; then the copy finds nothing.
    private static let differing: SQL = """
        with owned (what, facts) as (
            select 'payment-succeeded', count(*) from payments.payment_facts
            where paid_at >= $1::timestamptz and paid_at < $2::timestamptz and status = 'succeeded'
            union all
            select 'payment-failed', count(*) from payments.payment_facts
            where failed_at >= $1::timestamptz and failed_at < $2::timestamptz and status = 'failed'
            union all
            select 'payment-abandoned', count(*) from payments.payment_facts
            where abandoned_at >= $1::timestamptz and abandoned_at < $2::timestamptz and status = 'abandoned'
            union all
            select 'payment-refunded', count(*) from payments.refund_facts
            where refunded_at >= $1::timestamptz and refunded_at < $2::timestamptz
            union all
            select 'booking-cancelled',
                   (select count(*) from bookings.booking_facts
                    where cancelled_at >= $1::timestamptz and cancelled_at < $2::timestamptz and status = 'cancelled')
                   + (select count(*) from bookings.booking_facts
                      where cancelled_at >= $1::timestamptz and cancelled_at < $2::timestamptz and status = 'refunded')
            union all
            select 'booking-refunded', count(*) from bookings.booking_facts
            where refunded_at >= $1::timestamptz and refunded_at < $2::timestamptz and status = 'refunded'),
        known as (
            select what, count(*) as facts from facts
            where happened_at >= $1::timestamptz and happened_at < $2::timestamptz group by what)
        select o.what from owned o left join known k using (what) where o.facts <> coalesce(k.facts, 0)
        """

    // The unique key alone tells which are missing: a join with all facts would cost more with every report that is made.
    private static let copy: SQL = """
        insert into facts (subject_id, what, cause, happened_at, amount, currency)
        select subject_id, what, cause, happened_at, amount, currency
        from (select payment_id as subject_id, 'payment-succeeded' as what, '' as cause, paid_at as happened_at, amount, currency
              from payments.payment_facts
              where paid_at >= $1::timestamptz and paid_at < $2::timestamptz and status = 'succeeded' and 'payment-succeeded' = any ($3::text[])
              union all
              select payment_id, 'payment-failed', '', failed_at, amount, currency from payments.payment_facts
              where failed_at >= $1::timestamptz and failed_at < $2::timestamptz and status = 'failed' and 'payment-failed' = any ($3::text[])
              union all
              select payment_id, 'payment-abandoned', '', abandoned_at, amount, currency from payments.payment_facts
              where abandoned_at >= $1::timestamptz and abandoned_at < $2::timestamptz and status = 'abandoned'
                and 'payment-abandoned' = any ($3::text[])
              union all
              select payment_id, 'payment-refunded', cause, refunded_at, amount, currency from payments.refund_facts
              where refunded_at >= $1::timestamptz and refunded_at < $2::timestamptz and 'payment-refunded' = any ($3::text[])
              union all
              select booking_id, 'booking-cancelled', '', cancelled_at, null, null from bookings.booking_facts
              where cancelled_at >= $1::timestamptz and cancelled_at < $2::timestamptz and status = 'cancelled'
                and 'booking-cancelled' = any ($3::text[])
              union all
              select booking_id, 'booking-cancelled', '', cancelled_at, null, null from bookings.booking_facts
              where cancelled_at >= $1::timestamptz and cancelled_at < $2::timestamptz and status = 'refunded'
                and 'booking-cancelled' = any ($3::text[])
              union all
              select booking_id, 'booking-refunded', '', refunded_at, coalesce(refund_amount, 0), currency from bookings.booking_facts
              where refunded_at >= $1::timestamptz and refunded_at < $2::timestamptz and status = 'refunded'
                and 'booking-refunded' = any ($3::text[])) owned
        order by subject_id, what collate "C", cause collate "C"
        on conflict do nothing
        """
}
