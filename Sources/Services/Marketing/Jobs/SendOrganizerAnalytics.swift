import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres

/// Mails each organizer the figures of the calendar month that ended: for each event bookings, tickets, and revenue
/// after refunds, by currency.
///
/// A booking counts in the month in which it was confirmed. An organizer without a booking in the month gets no mail.
struct SendOrganizerAnalytics: Job {
    static let name = JobName.marketingSendOrganizerAnalytics
    static let sliceLimit = 500
    /// The most events that a mail shows.
    static let shownEvents = 60

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let month = try await Month(slice, tx)
        let organizers = try await tx.query(
            Self.organizers, as: Organizer.self, month.start, month.end, month.name, slice.after.id, slice.limit, Self.shownEvents)
        var sold: [Organizer] = []
        for organizer in organizers {
            if let reason = organizer.leftOut { tx.note(organizer.name, "left out: \(reason)") } else { sold.append(organizer) }
            if organizer.email == nil { tx.recordFailure(of: organizer.name, reason: "the organizer has no e-mail address") }
        }
        let ids = Dictionary(
            try await tx.query(Self.claim, as: Row.self, sold.map(\.organizerId), month.name, slice.now).map { ($0.organizerId, $0.id) }
        ) { first, _ in first }
        try tx.mail(sold.compactMap { organizer in ids[organizer.organizerId].flatMap { organizer.mail($0, month) } })
        for organizer in sold { tx.note(organizer.name, ids[organizer.organizerId] == nil ? "left out: told before" : "reached") }
        return Progress(
            ids.count, more: organizers.count == slice.limit, after: organizers.last.map { KeysetCursor(id: $0.organizerId) } ?? slice.after)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        let month = try await Month(slice, tx)
        let first = try await tx.query(Self.first, as: Int.self, month.start, month.end, slice.after.id).first
        return first.map { JobRow("organizer \($0)", KeysetCursor(id: $0)) }
    }

    /// A calendar month in the zone of the schedule.
    struct Month: Sendable {
        /// `2026-10`
        let name: String
        /// October 2026: organizers have no language.
        let title: String
        let start: Date
        let end: Date

        /// The month before that of the run's fire time.
        init(_ slice: Slice, _ tx: Transaction) async throws {
            let zone = try await slice.zone(tx)
            let days = try await tx.row(SendOrganizerAnalytics.month, as: Days.self, zone.day(at: slice.scheduledFor))
            (name, title) = (days.name, days.title)
            start = zone.start(ofDay: days.first)
            end = zone.start(ofDay: days.next)
        }

        private struct Days: Decodable, Sendable {
            let name: String
            let title: String
            let first: Int
            let next: Int
        }
    }

    private struct Row: Decodable, Sendable {
        let id: Int
        let organizerId: Int
    }

    private static let month: SQL = """
        with this as (select date_trunc('month', date '1970-01-01' + $1::integer)::date as next)
        select to_char(next - 1, 'YYYY-MM') as name, to_char(next - 1, 'FMMonth YYYY') as title, date_trunc('month', next - 1)::date - date '1970-01-01' as first, next - date '1970-01-01' as next
        from this
        """

    private static let first: SQL = """
        select e.organizer_id from bookings.booking_facts b join events.event_facts e on e.event_id = b.event_id
        where b.confirmed_at >= $1 and b.confirmed_at < $2 and e.organizer_id > $3
        order by e.organizer_id limit 1
        """

    // Money that came in for a booking of the month, and what of it went back since, whichever of its payments it was.
    private static let organizers: SQL = """
        with sold as materialized (
            select e.organizer_id, b.event_id, e.title, b.booking_id, b.quantity
            from bookings.booking_facts b join events.event_facts e on e.event_id = b.event_id
            where b.confirmed_at >= $1 and b.confirmed_at < $2 and e.organizer_id > $4),
        page as materialized (select distinct organizer_id from sold order by organizer_id limit $5),
        money as materialized (
            select s.organizer_id, s.event_id, p.currency, sum(p.amount - p.refunded_amount)::bigint as revenue, sum(p.refunded_amount)::bigint as refunds
            from sold s join page using (organizer_id)
                 cross join lateral (
                     select currency, amount, refunded_amount from payments.payment_facts
                     where booking_id = s.booking_id and paid_at is not null offset 0) p
            group by s.organizer_id, s.event_id, p.currency),
        events as materialized (
            select s.organizer_id, s.event_id, min(s.title) as title, count(*) as bookings, sum(s.quantity) as tickets,
                   row_number() over (partition by s.organizer_id order by sum(s.quantity) desc, s.event_id) as place,
                   (select coalesce(jsonb_agg(jsonb_build_object('money', jsonb_build_object('money', m.revenue, 'currency', m.currency)) order by m.currency), '[]')
                    from money m where m.event_id = s.event_id) as revenue,
                   (select coalesce(jsonb_agg(jsonb_build_object('money', jsonb_build_object('money', m.refunds, 'currency', m.currency)) order by m.currency), '[]')
                    from money m where m.event_id = s.event_id and m.refunds > 0) as refunds
            from sold s join page using (organizer_id) group by s.organizer_id, s.event_id)
        select p.organizer_id, o.name as organizer_name, o.email,
               case when o.email is null then 'no e-mail address'
                    when exists (select from campaign_log l
                                 where l.organizer_id = p.organizer_id and l.user_id is null and l.campaign = 'organizer-report' and l.period = $3)
                    then 'told before' end as left_out,
               (select sum(e.bookings)::bigint from events e where e.organizer_id = p.organizer_id) as bookings,
               (select sum(e.tickets)::bigint from events e where e.organizer_id = p.organizer_id) as tickets,
               (select greatest(count(*) - $6, 0)::integer from events e where e.organizer_id = p.organizer_id) as more,
               (select coalesce(jsonb_agg(jsonb_build_object('money', jsonb_build_object('money', t.revenue, 'currency', t.currency)) order by t.currency), '[]')
                from (select m.currency, sum(m.revenue)::bigint as revenue from money m where m.organizer_id = p.organizer_id group by m.currency) t) as revenue,
               (select coalesce(jsonb_agg(jsonb_build_object(
                           'event', e.title, 'bookings', e.bookings, 'tickets', e.tickets, 'revenue', e.revenue, 'refunds', e.refunds) order by e.place), '[]')
                from events e where e.organizer_id = p.organizer_id and e.place <= $6) as events
        from page p left join storefront.organizer_contacts o on o.organizer_id = p.organizer_id
        order by p.organizer_id
        """

    private static let claim: SQL = """
        insert into campaign_log (campaign, organizer_id, period, queued_at)
        select 'organizer-report', organizer_id, $2, $3 from unnest($1::bigint[]) as told (organizer_id) order by organizer_id
        on conflict do nothing
        returning id, organizer_id
        """
}
