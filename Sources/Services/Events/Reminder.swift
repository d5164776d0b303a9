import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres

/// A mail to the holders of confirmed bookings a number of days before their event, once per booking.
///
/// The day is the calendar day in the event's own zone. If no tick falls on a local day (23:00 on the 31st, then 00:00
/// on the 2nd: one of the two zones has changed its clocks), the previous tick also covers that day.
///
/// The row in `reminders` decides which run sends the mail: replicas, repeated runs and events that move to another day
/// cause no second reminder. An event that was postponed after it had gone live is an exception: its holders may have
/// come already, and are reminded of the new day.
struct Reminder: Sendable {
    /// Only events within this time of the reminder day are searched. A calendar day ahead differs from 24 hours by
    /// less than a day when clocks change, by less than two days when a zone crosses the date line; and one day may be
    /// skipped.
    private static let uncertainty: TimeInterval = 3 * 86_400

    private let kind: BookingReminded.Kind
    private let daysAhead: Int
    private let template: String

    init(_ kind: BookingReminded.Kind, daysAhead: Int, template: String) {
        self.kind = kind
        self.daysAhead = daysAhead
        self.template = template
    }

    /// Reminds the holders of the next bookings, event by event.
    func send(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let exactly = slice.now + Double(daysAhead) * 86_400
        let (earliest, latest) = (max(slice.now, exactly - Self.uncertainty), exactly + Self.uncertainty)
        let days = try await days(slice, earliest, latest, tx)
        if slice.cursor == nil, !days.unknown.isEmpty {
            for event in try await tx.query(Self.misplaced, as: EventWithUnknownZone.self, earliest, latest, Array(days.unknown.keys)) {
                tx.recordFailure(
                    of: "event \(event.id)", reason: "its time zone: \(days.unknown[event.timeZone].map(String.init(describing:)) ?? event.timeZone)")
            }
        }
        let holders = try await tx.query(
            Self.page, as: TicketHolder.self, earliest, latest, slice.after.parent, slice.after.id, slice.limit, kind.rawValue,
            days.zones.map(\.identifier), days.first, days.next)
        let zones = Dictionary(days.zones.map { ($0.identifier, $0) }) { zone, _ in zone }
        let reminded = try await remind(holders.filter { !$0.isReminded }, in: zones, slice, tx)
        return Progress(
            reminded, more: holders.count == slice.limit,
            after: holders.last.map { KeysetCursor(parent: $0.eventId, id: $0.bookingId) } ?? slice.after)
    }

    /// The first booking after the slice's cursor.
    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        let exactly = slice.now + Double(daysAhead) * 86_400
        let (earliest, latest) = (max(slice.now, exactly - Self.uncertainty), exactly + Self.uncertainty)
        let days = try await days(slice, earliest, latest, tx)
        return try await tx.firstRow(
            Self.first, called: "booking", earliest, latest, slice.after.parent, slice.after.id, days.zones.map(\.identifier), days.first, days.next)
    }

    /// The period in which an event must start to be reminded of now, for each zone in use.
    private func days(_ slice: Slice, _ earliest: Date, _ latest: Date, _ tx: Transaction) async throws -> ReminderDays {
        let zones = try await tx.query(Self.zonesInUse, as: String.self, earliest, latest)
        let next = try await slice.nextFireTime(tx) ?? slice.now
        return ReminderDays(zones, daysAhead: daysAhead, now: slice.now, next: next)
    }

    private func remind(_ holders: [TicketHolder], in zones: [String: CronZone], _ slice: Slice, _ tx: Transaction) async throws -> Int {
        var reachable: [TicketHolder] = []
        for holder in holders {
            if holder.email == nil {
                tx.recordFailure(
                    of: "booking \(holder.reference)", reason: "user \(holder.userId) \(holder.isUser ? "has no e-mail address" : "does not exist")")
            } else if zones[holder.timeZone] == nil {
                tx.recordFailure(
                    of: "booking \(holder.reference)", reason: "event \(holder.eventId) has the time zone \(holder.timeZone), which is unknown")
            } else {
                reachable.append(holder)
            }
        }
        guard !reachable.isEmpty else { return 0 }
        let claimed = Set(
            try await tx.query(
                Self.claim, as: Int.self, reachable.map(\.bookingId), reachable.map(\.eventId), kind.rawValue, slice.now,
                reachable.map(\.postponements)))
        let own = reachable.filter { claimed.contains($0.bookingId) }
        try tx.mail(own.compactMap { holder in zones[holder.timeZone].flatMap { holder.mail(template, in: $0) } })
        let bookings = own.map { BookingReminded.Booking(bookingId: $0.bookingId) }
        try tx.publish(
            bookings.parts(ofAtMost: BookingReminded.most).map { BookingReminded(Array($0), kind: kind, remindedAt: slice.now) })
        return own.count
    }

    /// An event with an unknown time zone.
    private struct EventWithUnknownZone: Decodable, Sendable {
        let id: Int
        let timeZone: String
    }

    private struct TicketHolder: Decodable, Sendable {
        let bookingId: Int
        let reference: String
        let quantity: Int
        let isReminded: Bool
        let userId: Int
        let isUser: Bool
        let email: String?
        let firstName: String?
        let language: String?
        let eventId: Int
        let title: String
        let location: String
        let timeZone: String
        let startsAt: Date
        let postponements: Int

        func mail(_ template: String, in zone: CronZone) -> Mail? {
            guard let email else { return nil }
            return Mail(
                template, about: bookingId, kind: postponements == 0 ? nil : "\(template)-postponed-\(postponements)",
                to: Recipient(email: email, name: firstName ?? "", language: language),
                facts: [
                    "event": .text(title), "starts": .time(startsAt, in: zone), "place": .text(location), "quantity": .number(quantity),
                    "reference": .text(reference),
                ])
        }
    }

    private static let zonesInUse: SQL = """
        select distinct time_zone from events where status = 'upcoming' and starts_at > $1 and starts_at < $2
        """

    private static let misplaced: SQL = """
        select id, time_zone from events
        where status = 'upcoming' and starts_at > $1 and starts_at < $2 and time_zone = any ($3::text[])
        order by id
        """

    // `CronZone` computes the local times of a zone, not PostgreSQL, which knows other zone names and may have other
    // rules.
    // The page is in the order of its nested loop: events by id, and each event's bookings by id. With a sort,
    // PostgreSQL would read all bookings of the day for every page.
    private static let page: SQL = """
        with zones as materialized (
            select * from unnest($7::text[], $8::timestamptz[], $9::timestamptz[]) as zones (time_zone, first, next)),
        soon as materialized (
            select id, title, location, time_zone, starts_at, postponements
            from events where status = 'upcoming' and starts_at > $1 and starts_at < $2 and id >= $3),
        day as materialized (
            select s.* from soon s join zones z on z.time_zone = s.time_zone
            where s.starts_at >= z.first and s.starts_at < z.next
            order by s.id),
        page as materialized (
            select d.*, b.*
            from day d cross join lateral (
                select booking_id, reference, user_id, quantity, case $6 when 'day-before' then reminder_sent else early_reminder_sent end as is_marked
                from bookings.booking_facts
                where event_id = d.id and status = 'confirmed' and booking_id > case d.id when $3 then $4 else 0 end
                order by booking_id limit $5) b
            limit $5)
        select p.booking_id, p.reference, p.quantity, p.id as event_id, p.title, p.location, p.time_zone, p.starts_at, p.postponements,
               p.is_marked and p.postponements = 0 or exists (
                   select from reminders r
                   where r.booking_id = p.booking_id and r.kind = $6 and r.postponement = p.postponements) as is_reminded,
               p.user_id, u.user_id is not null as is_user, u.email, u.first_name, u.language
        from page p left join storefront.user_contacts u on u.user_id = p.user_id
        order by p.id, p.booking_id
        """

    // The first row of `page`, by its keys.
    private static let first: SQL = """
        select d.id as parent, b.booking_id as id, b.reference
        from events d
        join unnest($5::text[], $6::timestamptz[], $7::timestamptz[]) as z (time_zone, first, next) on z.time_zone = d.time_zone
        cross join lateral (
                select booking_id, reference from bookings.booking_facts
                where event_id = d.id and status = 'confirmed' and booking_id > case d.id when $3 then $4 else 0 end
                order by booking_id limit 1) b
        where d.status = 'upcoming' and d.starts_at > $1 and d.starts_at < $2 and d.id >= $3
          and d.starts_at >= z.first and d.starts_at < z.next
        order by d.id limit 1
        """

    private static let claim: SQL = """
        insert into reminders (booking_id, kind, event_id, reminded_at, postponement)
        select booking_id, $3, event_id, $4, postponement
        from unnest($1::bigint[], $2::bigint[], $5::integer[]) as waiting (booking_id, event_id, postponement)
        order by booking_id
        on conflict do nothing
        returning booking_id
        """
}
