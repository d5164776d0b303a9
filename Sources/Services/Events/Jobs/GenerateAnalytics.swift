import Contracts
import Platform
import Postgres

/// Reports the week that ended: new events, completed events, and for each event its sales and how full it was at the
/// end of the week.
///
/// A booking counts in the week in which it was confirmed, even if it was cancelled later, so weeks add up. A repeated
/// report is identical, even after bookings of that week were removed.
struct GenerateAnalytics: ReportJob {
    static let name = JobName.eventsGenerateAnalytics
    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let week = try await slice.period(tx)
        for report in try await tx.query(Self.report, week.start, week.end) {
            try tx.keep(Report(.weekly, of: week, body: report.decode(PostgresJSON.self, at: 0)))
            for event in try report.decode([Int].self, at: 1) {
                tx.recordFailure(of: "event \(event)", reason: "it does not exist, but bookings of it were confirmed")
            }
        }
        return Progress(1)
    }

    private static let report: SQL = """
        with sold as (
            select event_id, currency, sum(bookings) as bookings, sum(tickets) as tickets, sum(revenue) as revenue
            from (select event_id, currency, 1 as bookings, quantity as tickets, total_amount as revenue
                  from bookings.booking_facts where confirmed_at >= $1 and confirmed_at < $2
                  union all
                  select event_id, currency, count, tickets, amount
                  from bookings.removed_booking_figures where happened = 'confirmed' and quarter_hour >= $1 and quarter_hour < $2) confirmed
            group by event_id, currency),
        sales as (
            select event_id, sum(bookings) as bookings, sum(tickets) as tickets, jsonb_object_agg(currency, revenue) as revenue
            from sold group by event_id),
        holdings as (
            select event_id, sum(tickets) as tickets
            from (select event_id, quantity as tickets
                  from bookings.booking_facts where created_at < $2 and (cancelled_at is null or cancelled_at >= $2)
                  union all
                  select event_id, case happened when 'created' then tickets else -tickets end
                  from bookings.removed_booking_figures where happened in ('created', 'cancelled') and quarter_hour < $2) held
            group by event_id),
        lives as (
            select id, title, total_tickets, created_at >= $1 and created_at < $2 as is_new,
                   completed_at is not null and completed_at >= $1 and completed_at < $2 as is_completed
            from events),
        figures as (
            select coalesce(l.id, s.event_id) as event_id, l.id is not null as is_known, l.title, l.is_new, l.is_completed,
                   coalesce(s.bookings, 0) as bookings, coalesce(s.tickets, 0) as tickets, coalesce(s.revenue, '{}') as revenue,
                   coalesce(h.tickets, 0) as tickets_held, l.total_tickets
            from lives l full join sales s on s.event_id = l.id left join holdings h on h.event_id = coalesce(l.id, s.event_id)
            where l.is_new or l.is_completed or s.event_id is not null)
        select jsonb_build_object(
                   'newEvents', count(*) filter (where is_new), 'completedEvents', count(*) filter (where is_completed),
                   'bookings', coalesce(sum(bookings), 0), 'tickets', coalesce(sum(tickets), 0),
                   'revenue', (select coalesce(jsonb_object_agg(currency, revenue), '{}')
                               from (select currency, sum(revenue) as revenue from sold group by currency) by_currency),
                   'events', coalesce(jsonb_agg(jsonb_build_object(
                       'eventId', event_id, 'title', title, 'bookings', bookings, 'tickets', tickets, 'revenue', revenue,
                       'ticketsHeld', tickets_held, 'totalTickets', total_tickets,
                       'fillRate', round(tickets_held::numeric / nullif(total_tickets, 0), 4)) order by event_id), '[]')) as body,
               coalesce(array_agg(event_id order by event_id) filter (where not is_known), '{}') as unknown
        from figures
        """
}
