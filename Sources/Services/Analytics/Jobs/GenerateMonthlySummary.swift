import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Reports the calendar month that ended against the month before (Contracts/reports/monthly.schema.json).
///
/// The month is that of the schedule's zone, from midnight to midnight; it is due on the 1st at 08:00, when it is over.
struct GenerateMonthlySummary: ReportJob {
    static let name = JobName.analyticsGenerateMonthlySummary
    let mailing: ReportMailing

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let zone = try await slice.zone(tx)
        let month = ReportMonth(endedBy: try await slice.period(tx).end, in: zone)
        let (period, before) = (month.period, month.before(in: zone).period)
        try await FactReconciliation.run(before, tx)
        try await FactReconciliation.run(period, tx)
        let (users, areEstimates) = try await UserFigures.take(period, tx)
        let rows = try await tx.query(
            Self.report, period.start, period.end, before.start, users.new, users.total, users.active, areEstimates)
        for row in rows { try tx.keep(Report(.monthly, of: period, body: row.decode(PostgresJSON.self, at: 0))) }
        try await mailing.send(.monthly, period, count: MonthlyBody.shownMonths, slice, tx, MonthlyBody.mail)
        return Progress(1)
    }

    private static let report: SQL = """
        with booked as materialized (
            select event_id, currency, confirmed_at >= $1::timestamptz as is_this, count(*) as bookings, sum(quantity) as tickets,
                   sum(total_amount) as revenue
            from bookings where confirmed_at >= $3::timestamptz and confirmed_at < $2::timestamptz
            group by event_id, currency, confirmed_at >= $1::timestamptz),
        sales as (
            select coalesce(sum(bookings) filter (where is_this), 0) as bookings, coalesce(sum(tickets) filter (where is_this), 0) as tickets,
                   coalesce(sum(bookings) filter (where not is_this), 0) as bookings_before,
                   coalesce(sum(tickets) filter (where not is_this), 0) as tickets_before
            from booked),
        money as materialized (
            select what, currency, sum(amount) filter (where happened_at >= $1::timestamptz) as amount,
                   sum(amount) filter (where happened_at < $1::timestamptz) as amount_before
            from facts
            where happened_at >= $3::timestamptz and happened_at < $2::timestamptz and what in ('payment-succeeded', 'payment-refunded')
            group by what, currency),
        by_category as materialized (
            select coalesce(e.category, '') as category, b.currency, sum(b.tickets) as tickets, sum(b.revenue) as revenue
            from booked b left join events.event_facts e using (event_id)
            where b.is_this group by coalesce(e.category, ''), b.currency),
        categories as (
            select coalesce(jsonb_agg(
                       jsonb_build_object('category', category, 'tickets', tickets, 'revenue', revenue) order by tickets desc, category collate "C"),
                       '[]') as categories
            from (select category, sum(tickets) as tickets, jsonb_object_agg(currency, revenue) as revenue
                  from by_category group by category) c),
        users_before as (
            select coalesce((select new_users from snapshots where period_start = $3::timestamptz and period_end = $1::timestamptz),
                            (select count(*) from storefront.user_activity
                             where created_at >= $3::timestamptz and created_at < $1::timestamptz)) as users)
        select jsonb_build_object(
                   'bookings', s.bookings, 'tickets', s.tickets,
                   'revenue', (select coalesce(jsonb_object_agg(currency, amount) filter (where amount is not null), '{}')
                               from money where what = 'payment-succeeded'),
                   'refunds', (select coalesce(jsonb_object_agg(currency, amount) filter (where amount is not null), '{}')
                               from money where what = 'payment-refunded'),
                   'users', jsonb_build_object('new', $4::bigint, 'total', $5::bigint, 'active', $6::bigint),
                   'events', jsonb_build_object(
                       'new', (select count(*) from events.event_facts where created_at >= $1::timestamptz and created_at < $2::timestamptz),
                       'completed', (select count(*) from events.event_facts
                                     where completed_at >= $1::timestamptz and completed_at < $2::timestamptz)),
                   'categories', c.categories,
                   'growth', jsonb_build_object(
                       'bookings', growth(s.bookings, s.bookings_before), 'tickets', growth(s.tickets, s.tickets_before),
                       'newUsers', growth($4::bigint, u.users),
                       'revenue', (select coalesce(jsonb_object_agg(currency, growth(coalesce(amount, 0), coalesce(amount_before, 0))), '{}')
                                   from money where what = 'payment-succeeded')))
               || case when $7::boolean then jsonb_build_object('estimates', jsonb_build_array('users')) else '{}' end as body
        from sales s cross join categories c cross join users_before u
        """
}
