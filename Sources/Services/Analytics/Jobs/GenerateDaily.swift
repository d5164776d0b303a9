import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Reports the 24 hours that ended: users, events, bookings, payments and revenue (Contracts/reports/daily.schema.json).
///
/// Each figure counts at its own time: a booking is created, confirmed and cancelled on three days perhaps, and a refund
/// counts on the day on which the money went back.
struct GenerateDaily: ReportJob {
    static let name = JobName.analyticsGenerateDaily
    let mailing: ReportMailing

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let day = try await slice.period(tx)
        try await FactReconciliation.run(day, tx)
        let (users, areEstimates) = try await UserFigures.take(day, tx)
        for row in try await tx.query(Self.report, day.start, day.end, users.new, users.total, users.active, areEstimates) {
            try tx.keep(Report(.daily, of: day, body: row.decode(PostgresJSON.self, at: 0)))
        }
        try await mailing.send(.daily, day, count: DailyBody.shownDays, slice, tx, DailyBody.mail)
        return Progress(1)
    }

    // One pass over the bookings that were created or confirmed in the period, grouped by event and currency. The titles
    // are those of an earlier report of the period, if there is one.
    private static let report: SQL = """
        with booked as materialized (
            select event_id, currency,
                   count(*) filter (where created_at >= $1::timestamptz and created_at < $2::timestamptz) as created,
                   count(*) filter (where created_at >= $1::timestamptz and created_at < $2::timestamptz and confirmed_at < $2::timestamptz)
                       as converted,
                   count(*) filter (where confirmed_at >= $1::timestamptz and confirmed_at < $2::timestamptz) as confirmed,
                   sum(quantity) filter (where confirmed_at >= $1::timestamptz and confirmed_at < $2::timestamptz) as tickets,
                   sum(total_amount) filter (where confirmed_at >= $1::timestamptz and confirmed_at < $2::timestamptz) as revenue
            from bookings
            where created_at >= $1::timestamptz and created_at < $2::timestamptz
               or confirmed_at >= $1::timestamptz and confirmed_at < $2::timestamptz
            group by event_id, currency),
        happened as materialized (
            select what, currency, count(*) as count, sum(amount) as amount from facts
            where happened_at >= $1::timestamptz and happened_at < $2::timestamptz group by what, currency),
        counts as (
            select coalesce(sum(count) filter (where what = 'payment-succeeded'), 0) as succeeded,
                   coalesce(sum(count) filter (where what = 'payment-failed'), 0) as failed,
                   coalesce(sum(count) filter (where what = 'payment-abandoned'), 0) as abandoned,
                   coalesce(sum(count) filter (where what = 'booking-cancelled'), 0) as cancelled,
                   coalesce(sum(count) filter (where what = 'booking-refunded'), 0) as refunded,
                   coalesce(jsonb_object_agg(currency, amount) filter (where what = 'payment-succeeded'), '{}') as revenue,
                   coalesce(jsonb_object_agg(currency, amount) filter (where what = 'payment-refunded'), '{}') as refunds
            from happened),
        bookings_of_day as (
            select coalesce(sum(created), 0) as created, coalesce(sum(converted), 0) as converted, coalesce(sum(confirmed), 0) as confirmed,
                   coalesce(sum(tickets), 0) as tickets
            from booked),
        earlier as (
            select (t ->> 'eventId')::bigint as event_id, t ->> 'title' as title
            from reports r cross join jsonb_array_elements(r.body -> 'topEvents') t
            where r.kind = 'daily' and r.period_start = $1::timestamptz and r.period_end = $2::timestamptz),
        top as materialized (
            select event_id, sum(tickets) as tickets, jsonb_object_agg(currency, revenue) filter (where confirmed > 0) as revenue
            from booked where confirmed > 0 group by event_id order by sum(tickets) desc, event_id limit 5)
        select jsonb_build_object(
                   'users', jsonb_build_object('new', $3::bigint, 'total', $4::bigint, 'active', $5::bigint),
                   'events', jsonb_build_object(
                       'new', (select count(*) from events.event_facts where created_at >= $1::timestamptz and created_at < $2::timestamptz),
                       'live', (select count(*) from events.event_facts
                                where starts_at < $2::timestamptz and (completed_at is null or completed_at >= $2::timestamptz)
                                  and (status <> 'cancelled' or cancelled_at >= $2::timestamptz)),
                       'completed', (select count(*) from events.event_facts
                                     where completed_at >= $1::timestamptz and completed_at < $2::timestamptz)),
                   'bookings', jsonb_build_object(
                       'created', b.created, 'confirmed', b.confirmed, 'cancelled', c.cancelled, 'refunded', c.refunded, 'tickets', b.tickets),
                   'payments', jsonb_build_object(
                       'succeeded', c.succeeded, 'failed', c.failed, 'abandoned', c.abandoned,
                       'successRate', round(c.succeeded / nullif(c.succeeded + c.failed + c.abandoned, 0), 4)),
                   'conversionRate', round(b.converted / nullif(b.created, 0), 4),
                   'revenue', c.revenue, 'refunds', c.refunds,
                   'topEvents', coalesce((
                       select jsonb_agg(jsonb_build_object(
                                  'eventId', t.event_id, 'title', coalesce(n.title, e.title), 'tickets', t.tickets, 'revenue', t.revenue)
                              order by t.tickets desc, t.event_id)
                       from top t left join earlier n using (event_id) left join events.event_facts e using (event_id)), '[]'))
               || case when $6::boolean then jsonb_build_object('estimates', jsonb_build_array('users')) else '{}' end as body
        from counts c cross join bookings_of_day b
        """
}
