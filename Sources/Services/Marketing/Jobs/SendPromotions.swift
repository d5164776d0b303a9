import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres

/// Promotes events of the next seven days that have sold less than 30 % of their tickets to verified users who allow
/// promotions, hold no ticket of the event and were not told of it before.
///
/// An event reaches at most 100 users a day. Events take turns in choosing users, each from another place among them,
/// so that none takes the users of all.
struct SendPromotions: Job {
    static let name = JobName.marketingSendPromotions
    static let sliceLimit = 100
    /// How far ahead.
    static let ahead: TimeInterval = 7 * 86_400
    /// The most users that are told of an event on a day.
    static let mostUsers = 100
    let log: CampaignLog

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let zone = try await slice.zone(tx)
        let midnight = zone.start(ofDay: zone.day(at: slice.scheduledFor))
        let events = try await tx.query(
            Self.unsold, as: UnsoldEvent.self, slice.now, slice.now + Self.ahead, slice.after.instant, slice.after.id, slice.limit, midnight,
            Self.mostUsers)
        var facts: [Int: [String: MailFact]] = [:]
        for event in events {
            do {
                facts[event.id] = try event.event.facts().merging(["left": .number(event.left)]) { fact, _ in fact }
            } catch {
                tx.recordFailure(of: "event \(event.id)", reason: error)
            }
        }
        let open = events.filter { facts[$0.id] != nil }
        if slice.isDryRun {
            for user in try await tx.query(Self.leftOut, as: Candidate.self, open.map(\.id)) { tx.note(user.name, "left out: \(user.leftOut ?? "")") }
        }
        let users = try await tx.query(
            Self.candidates, as: WithCandidate<Availability>.self, open.map(\.id), open.map(\.room), zone.day(at: slice.scheduledFor), slice.now,
            slice.now - CampaignLog.window, log.dailyLimit)
        let reached = try await log.send(
            .promotion, to: Self.assign(users, rooms: Dictionary(uniqueKeysWithValues: open.map { ($0.id, $0.room) })), period: { _ in "" },
            facts: { $0.subjectId.flatMap { facts[$0] } ?? [:] }, slice, tx)
        return Progress(
            reached.count, more: events.count == slice.limit, after: events.last.map { KeysetCursor(instant: $0.startsAt, id: $0.id) } ?? slice.after)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        let first = try await tx.query(
            Self.unsold, as: UnsoldEvent.self, slice.now, slice.now + Self.ahead, slice.after.instant, slice.after.id, 1, slice.now, Self.mostUsers)
        return first.first.map { JobRow("event \($0.id)", KeysetCursor(instant: $0.startsAt, id: $0.id)) }
    }

    /// Lets the events choose users in turn, each its next one who still has a place, until all have as many as they may.
    /// - Parameter users: Each event's users in the order in which it wants them.
    private static func assign(_ users: [WithCandidate<Availability>], rooms: [Int: Int]) -> [Candidate] {
        var places = Dictionary(users.map { ($0.candidate.userId, $0.row.places) }) { first, _ in first }
        var wishes = Dictionary(grouping: users.reversed()) { $0.candidate.subjectId }
        var order = users.compactMap(\.candidate.subjectId).reduce(into: [Int]()) { if $0.last != $1, !$0.contains($1) { $0.append($1) } }
        var rooms = rooms
        var chosen: [Candidate] = []
        while !order.isEmpty {
            order.removeAll { event in
                guard let room = rooms[event], room > 0 else { return true }
                while let wish = wishes[event]?.popLast()?.candidate {
                    guard let left = places[wish.userId], left > 0 else { continue }
                    places[wish.userId] = left - 1
                    rooms[event] = room - 1
                    chosen.append(wish)
                    return false
                }
                return true
            }
        }
        return chosen
    }

    private struct Availability: Decodable, Sendable {
        /// How many more mails the user may get today.
        let places: Int
    }

    /// An event that sells slowly.
    private struct UnsoldEvent: Decodable, Sendable {
        let event: PromotedEvent
        let startsAt: PostgresTimestamp
        /// Tickets that are not sold.
        let left: Int
        /// How many users may still be told of it today.
        let room: Int

        var id: Int { event.eventId }

        init(from decoder: any Decoder) throws {
            let row = try decoder.container(keyedBy: CodingKeys.self)
            event = try PromotedEvent(from: decoder)
            startsAt = try row.decode(PostgresTimestamp.self, forKey: .startsAt)
            left = try row.decode(Int.self, forKey: .left)
            room = try row.decode(Int.self, forKey: .room)
        }

        private enum CodingKeys: CodingKey { case startsAt, left, room }
    }

    private static let unsold: SQL = """
        select e.event_id, e.title, e.location, e.starts_at, e.time_zone, e.price, e.currency, e.total_tickets - e.tickets_sold as left,
               greatest($7 - (select count(*) from campaign_log l
                              where l.campaign = 'promotion' and l.subject_id = e.event_id and l.queued_at >= $6), 0)::integer as room
        from events.event_facts e
        where e.status = 'upcoming' and e.starts_at > $1 and e.starts_at <= $2 and (e.starts_at, e.event_id) > ($3, $4)
          and e.tickets_sold::bigint * 100 < e.total_tickets::bigint * 30
        order by e.starts_at, e.event_id limit $5
        """

    // Each event looks for its users from a place of its own, up to the last user, and then from the first one: for
    // three times as many as it may have, because others want the same.
    private static let candidates: SQL = """
        with range as materialized (
            select coalesce(min(user_id), 0) as first, coalesce(max(user_id), 0) as last
            from storefront.campaign_contacts where email_verified and promotional_emails),
        slow as materialized (
            select e.event_id, e.room * 3 as wishes, r.first + mod(abs(hashint8extended(e.event_id, $3) / 2), r.last - r.first + 1) as place
            from unnest($1::bigint[], $2::integer[]) as e (event_id, room) cross join range r where e.room > 0),
        wished as materialized (
            select s.event_id, u.user_id, u.email, u.first_name, u.language, u.birthday, u.place
            from slow s cross join lateral (
                select c.user_id, c.email, c.first_name, c.language, c.birthday, chosen.place
                from (select array(
                          select p.user_id from storefront.campaign_contacts p
                          where p.email_verified and p.promotional_emails and p.user_id >= s.place and p.email is not null
                            and not exists (select from campaign_log l
                                            where l.user_id = p.user_id and l.campaign = 'promotion' and l.subject_id = s.event_id)
                            and not exists (select from bookings.booking_facts b
                                            where b.user_id = p.user_id and b.event_id = s.event_id and b.status in ('pending', 'confirmed'))
                            and suppression(p.user_id, p.email, 'promotions') is null
                          order by p.user_id limit s.wishes)
                      || array(
                          select p.user_id from storefront.campaign_contacts p
                          where p.email_verified and p.promotional_emails and p.user_id < s.place and p.email is not null
                            and not exists (select from campaign_log l
                                            where l.user_id = p.user_id and l.campaign = 'promotion' and l.subject_id = s.event_id)
                            and not exists (select from bookings.booking_facts b
                                            where b.user_id = p.user_id and b.event_id = s.event_id and b.status in ('pending', 'confirmed'))
                            and suppression(p.user_id, p.email, 'promotions') is null
                          order by p.user_id limit s.wishes) as users) found
                     cross join unnest((found.users)[1:s.wishes]) with ordinality as chosen (user_id, place)
                     join storefront.campaign_contacts c on c.user_id = chosen.user_id
                order by chosen.place) u),
        people as materialized (
            select user_id, kept_places(user_id, min(birthday), $4) as reserved, mails_since(user_id, $5) as mails from wished group by user_id)
        select w.user_id, w.email, w.first_name, w.language, w.event_id as subject_id, null as left_out, p.reserved,
               greatest($6 - p.reserved - p.mails, 0)::integer as places
        from wished w join people p using (user_id)
        order by hashint8extended(w.event_id, $3), w.place
        """

    // For dry runs: users who allow promotions and whom those of these events do not reach.
    private static let leftOut: SQL = """
        select c.user_id, c.email, c.first_name, c.language, o.event_id as subject_id, 0 as reserved, min(o.reason) as left_out
        from (select b.user_id, b.event_id, 'holds a ticket' as reason
              from bookings.booking_facts b where b.event_id = any ($1::bigint[]) and b.status in ('pending', 'confirmed')
              union all
              select l.user_id, l.subject_id, 'told before' from campaign_log l where l.campaign = 'promotion' and l.subject_id = any ($1::bigint[])
              union all
              select s.user_id, null, s.reason from suppressions s where s.scope in ('promotions', 'all')) o
             join storefront.campaign_contacts c on c.user_id = o.user_id
        where c.email_verified and c.promotional_emails
        group by c.user_id, c.email, c.first_name, c.language, o.event_id
        order by c.user_id
        """
}
