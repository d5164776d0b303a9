import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres

/// Asks the attendees of events that were completed yesterday, by the calendar of the event's own zone, how it was:
/// once a booking. `booking.followed-up` says so to bookings.
struct SendEventFollowUps: Job {
    static let name = JobName.marketingSendEventFollowUps
    static let sliceLimit = 2000
    /// Completed events within this time before the run are looked at: it holds yesterday in every zone.
    private static let lookBack: TimeInterval = 4 * 86_400
    let log: CampaignLog

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let yesterday = try await Yesterday(slice, tx)
        if slice.cursor == nil {
            for (zone, error) in yesterday.unknown.sorted(by: { $0.key < $1.key }) {
                tx.recordFailure(of: "events in the time zone \(zone.debugDescription)", reason: error)
            }
        }
        let attendees = try await tx.query(
            Self.attendees, as: WithCandidate<Attendance>.self, slice.scheduledFor - Self.lookBack, slice.scheduledFor, slice.after.instant,
            slice.after.id,
            slice.limit,
            yesterday.zones, yesterday.starts, yesterday.ends)
        let bookings = Dictionary(attendees.map { ($0.row.bookingId, $0.row) }) { first, _ in first }
        let reached = try await log.send(
            .followUp, to: attendees.map(\.candidate), period: { _ in "" },
            facts: { candidate in
                let booking = candidate.subjectId.flatMap { bookings[$0] }
                return ["event": .text(booking?.title ?? ""), "reference": .text(booking?.reference ?? "")]
            }, slice, tx)
        let asked = reached.compactMap(\.subjectId).map(BookingFollowedUp.Booking.init)
        try tx.publish(asked.parts(ofAtMost: BookingFollowedUp.most).map { BookingFollowedUp(Array($0), followedUpAt: slice.now) })
        return Progress(
            reached.count, more: attendees.count == slice.limit,
            after: attendees.last?.row.key ?? slice.after)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        let yesterday = try await Yesterday(slice, tx)
        let first = try await tx.query(
            Self.attendees, as: WithCandidate<Attendance>.self, slice.scheduledFor - Self.lookBack, slice.scheduledFor, slice.after.instant,
            slice.after.id, 1,
            yesterday.zones,
            yesterday.starts, yesterday.ends)
        return first.first.map { JobRow("booking \($0.row.reference)", $0.row.key) }
    }

    /// Yesterday in each zone of the events.
    private struct Yesterday {
        var zones: [String] = []
        var starts: [Date] = []
        var ends: [Date] = []
        var unknown: [String: CronZoneError] = [:]

        init(_ slice: Slice, _ tx: Transaction) async throws {
            for name in try await tx.query(
                SendEventFollowUps.zonesInUse, as: String.self, slice.scheduledFor - SendEventFollowUps.lookBack, slice.scheduledFor)
            {
                do throws(CronZoneError) {
                    let zone = try CronZone(name)
                    let today = zone.day(at: slice.scheduledFor)
                    zones.append(name)
                    starts.append(zone.start(ofDay: today - 1))
                    ends.append(zone.start(ofDay: today))
                } catch {
                    unknown[name] = error
                }
            }
        }
    }

    private struct Attendance: Decodable, Sendable {
        let bookingId: Int
        let reference: String
        let title: String
        let completedAt: PostgresTimestamp

        var key: KeysetCursor { KeysetCursor(instant: completedAt, id: bookingId) }
    }

    private static let zonesInUse: SQL = """
        select distinct time_zone from events.event_facts where status in ('completed', 'archived') and completed_at > $1 and completed_at <= $2
        """

    private static let attendees: SQL = """
        with yesterday as materialized (
            select e.event_id, e.title, e.completed_at
            from unnest($6::text[], $7::timestamptz[], $8::timestamptz[]) as z (time_zone, first, next)
                 join events.event_facts e on e.time_zone = z.time_zone and e.completed_at >= z.first and e.completed_at < z.next
            where e.status in ('completed', 'archived') and e.completed_at > $1 and e.completed_at <= $2 and e.completed_at >= $3
            order by e.completed_at, e.event_id),
        page as materialized (
            select y.title, y.completed_at, b.booking_id, b.reference, b.user_id, b.follow_up_sent
            from yesterday y cross join lateral (
                select booking_id, reference, user_id, follow_up_sent from bookings.booking_facts
                where event_id = y.event_id and status = 'confirmed'
                  and (y.completed_at > $3 or booking_id > $4)
                order by booking_id) b
            order by y.completed_at, b.booking_id limit $5)
        select p.user_id, c.email, c.first_name, c.language, p.booking_id, p.booking_id as subject_id, 0 as reserved, p.reference, p.title, p.completed_at,
               case when c.user_id is null then 'the user does not exist'
                    when c.email is null then 'no e-mail address'
                    when not c.email_verified then 'the address is not verified'
                    when p.follow_up_sent or exists (
                        select from campaign_log l
                        where l.user_id = p.user_id and l.campaign = 'follow-up' and l.subject_id = p.booking_id) then 'told before'
                    else suppression(p.user_id, c.email, 'promotions') end as left_out
        from page p left join storefront.campaign_contacts c on c.user_id = p.user_id
        order by p.completed_at, p.booking_id
        """
}
