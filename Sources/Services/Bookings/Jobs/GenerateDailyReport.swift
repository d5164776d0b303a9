import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Reports the day that ended at 23:00: bookings created, confirmed, cancelled and refunded, each counted at its own
/// timestamp.
///
/// The report is a row of `reports`. A repeated report has the same figures, even if its bookings were removed
/// meanwhile:
///
///     {"created":   {"EUR": {"bookings": 3, "tickets": 7, "amount": 17500}},
///      "confirmed": {"EUR": …}, "refunded": {"EUR": …},
///      "cancelled": {"expired": {"EUR": …}, "payment failed": {"EUR": …}}}
struct GenerateDailyReport: ReportJob {
    static let name = JobName.bookingsGenerateDailyReport

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let period = try await slice.period(tx)
        for report in try await tx.query(Self.report, period.start, period.end) {
            try tx.keep(Report(.daily, of: period, body: report.decode(PostgresJSON.self, at: 0)))
        }
        return Progress(1)
    }

    // What happened, each by the index of its timestamp; cancellations one status at a time, by partial indexes.
    private static let report: SQL = """
        with happened (what, reason, currency, bookings, tickets, amount) as (
            select 'created', '', currency, count(*), sum(quantity), sum(total_amount)
            from bookings where created_at >= $1 and created_at < $2 group by currency
            union all
            select 'confirmed', '', currency, count(*), sum(quantity), sum(total_amount)
            from bookings where confirmed_at >= $1 and confirmed_at < $2 group by currency
            union all
            select 'cancelled', coalesce(cancellation_reason, 'unknown'), currency, count(*), sum(quantity), sum(total_amount)
            from bookings where cancelled_at >= $1 and cancelled_at < $2 and status = 'cancelled'
            group by coalesce(cancellation_reason, 'unknown'), currency
            union all
            select 'cancelled', coalesce(cancellation_reason, 'unknown'), currency, count(*), sum(quantity), sum(total_amount)
            from bookings where cancelled_at >= $1 and cancelled_at < $2 and status = 'refunded'
            group by coalesce(cancellation_reason, 'unknown'), currency
            union all
            select 'refunded', '', currency, count(*), sum(quantity), sum(refund_amount)
            from bookings where refunded_at >= $1 and refunded_at < $2 group by currency
            union all
            select happened, reason, currency, count, tickets, amount from removed_figures where quarter_hour >= $1 and quarter_hour < $2),
        sums as (
            select what, reason, currency, jsonb_build_object('bookings', sum(bookings), 'tickets', sum(tickets), 'amount', sum(amount)) as sum
            from happened group by what, reason, currency),
        currencies as (
            select what, reason, jsonb_object_agg(currency, sum) as sums from sums group by what, reason),
        whole as (
            select coalesce(jsonb_object_agg(what, sums) filter (where what <> 'cancelled'), '{}') as others,
                   coalesce(jsonb_object_agg(reason, sums) filter (where what = 'cancelled'), '{}') as cancelled
            from currencies)
        select '{"created": {}, "confirmed": {}, "refunded": {}}' || others || jsonb_build_object('cancelled', cancelled) as body
        from whole
        """
}
