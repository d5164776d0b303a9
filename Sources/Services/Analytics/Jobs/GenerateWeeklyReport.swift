import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Reports the week that ended: sales day by day, growth, how full events were, and customers
/// (Contracts/reports/weekly.schema.json).
///
/// Bookings count in the week in which they were confirmed. How full an event was is what it was at the end of the week.
struct GenerateWeeklyReport: ReportJob {
    static let name = JobName.analyticsGenerateWeeklyReport
    let mailing: ReportMailing

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let week = try await slice.period(tx)
        let before = try await slice.period(endedBy: week.start, tx) ?? ReportPeriod(start: week.start, end: week.start)
        try await FactReconciliation.run(week, tx)
        let (users, areEstimates) = try await UserFigures.take(week, tx)
        let days = ReportDays(of: week, in: try await slice.zone(tx))
        let rows = try await tx.query(
            Self.report, week.start, week.end, before.start, days.names, days.starts, users.new, users.total, users.active, areEstimates)
        for row in rows { try tx.keep(Report(.weekly, of: week, body: row.decode(PostgresJSON.self, at: 0))) }
        try await mailing.send(.weekly, week, count: 2, slice, tx, WeeklyBody.mail)
        return Progress(1)
    }

    private static let report: SQL = """
        with confirmed as (
            select width_bucket(confirmed_at, $5::timestamptz[]) as day, event_id, user_id, currency, quantity, total_amount
            from bookings where confirmed_at >= $1::timestamptz and confirmed_at < $2::timestamptz),
        facts_of_week as materialized (
            select width_bucket(happened_at, $5::timestamptz[]) as day, what, currency, count(*) as count, sum(amount) as amount
            from facts where happened_at >= $1::timestamptz and happened_at < $2::timestamptz
            group by 1, what, currency),
        money as materialized (
            select what, currency, sum(amount) as amount from facts_of_week
            where what in ('payment-succeeded', 'payment-refunded') group by what, currency),
        counts as (
            select coalesce(sum(count) filter (where what = 'payment-succeeded'), 0) as succeeded,
                   coalesce(sum(count) filter (where what = 'payment-failed'), 0) as failed,
                   coalesce(sum(count) filter (where what = 'payment-abandoned'), 0) as abandoned
            from facts_of_week),
        by_day as materialized (
            select day, count(*) as bookings, sum(quantity) as tickets from confirmed group by day),
        revenue_by_day as (
            select day, jsonb_object_agg(currency, amount) as revenue from facts_of_week where what = 'payment-succeeded' group by day),
        days as (
            select jsonb_agg(
                       jsonb_build_object(
                           'day', d.name, 'bookings', coalesce(b.bookings, 0), 'tickets', coalesce(b.tickets, 0),
                           'revenue', coalesce(r.revenue, '{}'))
                       order by d.day) as days
            from unnest($4::text[]) with ordinality as d (name, day) left join by_day b on b.day = d.day left join revenue_by_day r on r.day = d.day),
        sales as (
            select coalesce(sum(bookings), 0) as bookings, coalesce(sum(tickets), 0) as tickets from by_day),
        before as (
            select count(*) as bookings, coalesce(sum(quantity), 0) as tickets,
                   coalesce((select new_users from snapshots where period_start = $3::timestamptz and period_end = $1::timestamptz),
                            (select count(*) from storefront.user_activity
                             where created_at >= $3::timestamptz and created_at < $1::timestamptz)) as users
            from bookings where confirmed_at >= $3::timestamptz and confirmed_at < $1::timestamptz),
        customers as (
            select count(distinct user_id) as customers from confirmed),
        spending as (
            select coalesce(jsonb_object_agg(currency, amount), '{}') as spend
            from (select currency, round(sum(total_amount) / count(distinct user_id)) as amount from confirmed group by currency) s),
        earlier as (
            select (t ->> 'eventId')::bigint as event_id, t ->> 'title' as title, (t ->> 'totalTickets')::bigint as total_tickets
            from reports r cross join jsonb_array_elements(r.body -> 'fillRates') t
            where r.kind = 'weekly' and r.period_start = $1::timestamptz and r.period_end = $2::timestamptz),
        held as (
            select event_id, sum(quantity) as tickets from bookings
            where event_id in (select event_id from confirmed) and created_at < $2::timestamptz
              and (cancelled_at is null or cancelled_at >= $2::timestamptz)
            group by event_id),
        fill_rates as (
            select coalesce(jsonb_agg(
                       jsonb_build_object(
                           'eventId', s.event_id, 'title', coalesce(n.title, e.title), 'tickets', coalesce(h.tickets, 0),
                           'totalTickets', coalesce(n.total_tickets, e.total_tickets),
                           'fillRate', round(coalesce(h.tickets, 0)::numeric / nullif(coalesce(n.total_tickets, e.total_tickets), 0), 4))
                       order by s.event_id), '[]') as rates
            from (select distinct event_id from confirmed) s
                 left join held h using (event_id) left join earlier n using (event_id) left join events.event_facts e using (event_id))
        select jsonb_build_object(
                   'days', d.days,
                   'growth', jsonb_build_object(
                       'bookings', growth(s.bookings, b.bookings), 'tickets', growth(s.tickets, b.tickets), 'users', growth($6::bigint, b.users)),
                   'fillRates', f.rates,
                   'payments', jsonb_build_object(
                       'succeeded', c.succeeded, 'failed', c.failed, 'abandoned', c.abandoned,
                       'successRate', round(c.succeeded / nullif(c.succeeded + c.failed + c.abandoned, 0), 4)),
                   'customers', jsonb_build_object(
                       'booking', u.customers, 'bookingsPerCustomer', round(s.bookings / nullif(u.customers, 0), 4), 'spendPerCustomer', p.spend),
                   'users', jsonb_build_object('new', $6::bigint, 'total', $7::bigint, 'active', $8::bigint),
                   'bookings', s.bookings, 'tickets', s.tickets,
                   'revenue', (select coalesce(jsonb_object_agg(currency, amount), '{}') from money where what = 'payment-succeeded'),
                   'refunds', (select coalesce(jsonb_object_agg(currency, amount), '{}') from money where what = 'payment-refunded'))
               || case when $9::boolean then jsonb_build_object('estimates', jsonb_build_array('users')) else '{}' end as body
        from days d cross join sales s cross join before b cross join counts c cross join customers u cross join spending p cross join fill_rates f
        """
}
