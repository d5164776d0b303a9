import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres

/// Congratulates users on the day of their birth, by the calendar of their own time zone, once a year.
///
/// The day is the local date at the run's fire time; a date that the next run would pass over (the zone crosses the
/// date line) is included. Who was born on 29 February is congratulated on 28 February in common years.
struct SendBirthdayWishes: Job {
    static let name = JobName.marketingSendBirthdayWishes
    static let sliceLimit = 2000
    let log: CampaignLog

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let days = try await LocalDays(slice, tx)
        let born = try await tx.query(
            Self.born, as: WithCandidate<Birthday>.self, slice.after.id, slice.limit, days.zones, days.days, days.fallback.identifier,
            slice.scheduledFor)
        for user in born {
            if user.row.isImpossible {
                tx.recordFailure(of: "user \(user.candidate.userId)", reason: "the date of birth \(user.row.dateOfBirth) is impossible")
            }
            if let zone = user.row.unknownZone {
                tx.recordFailure(
                    of: "user \(user.candidate.userId)", reason: "the time zone \(zone.debugDescription) is unknown; \(days.fallback) is used")
            }
        }
        let years = Dictionary(born.map { ($0.candidate.userId, $0.row.year) }) { year, _ in year }
        let reached = try await log.send(
            .birthday, to: born.filter { !$0.row.isImpossible }.map(\.candidate), period: { years[$0.userId] ?? "" }, facts: { _ in [:] }, slice, tx)
        return Progress(reached.count, more: born.count == slice.limit, after: born.last.map { KeysetCursor(id: $0.candidate.userId) } ?? slice.after)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        let days = try await LocalDays(slice, tx)
        let first = try await tx.query(
            Self.born, as: WithCandidate<Birthday>.self, slice.after.id, 1, days.zones, days.days, days.fallback.identifier, slice.scheduledFor
        )
        return first.first.map { JobRow("user \($0.candidate.userId)", KeysetCursor(id: $0.candidate.userId)) }
    }

    /// The dates of a run in each zone of the users.
    private struct LocalDays {
        var zones: [String] = []
        /// For each of `zones`, a date as days since 1970-01-01.
        var days: [Int] = []
        /// The zone of users whose own is missing or unknown.
        let fallback: CronZone

        init(_ slice: Slice, _ tx: Transaction) async throws {
            fallback = try await slice.zone(tx)
            let next = try await slice.nextFireTime(tx) ?? slice.scheduledFor
            for name in Set(try await tx.query(SendBirthdayWishes.zonesInUse, as: String.self) + [fallback.identifier]) {
                // The statement finds users whose zone is not among these, and the run names them.
                guard let zone = try? CronZone(name) else { continue }
                let today = zone.day(at: slice.scheduledFor)
                for day in today..<max(today + 1, zone.day(at: next)) {
                    zones.append(name)
                    days.append(day)
                }
            }
        }
    }

    private struct Birthday: Decodable, Sendable {
        let dateOfBirth: String
        let isImpossible: Bool
        let unknownZone: String?
        /// The year that the wish is for.
        let year: String
    }

    private static let zonesInUse: SQL = """
        with recursive zones as (
            (select time_zone from storefront.campaign_contacts where time_zone is not null order by time_zone limit 1)
            union all
            select (select c.time_zone from storefront.campaign_contacts c where c.time_zone > z.time_zone order by c.time_zone limit 1)
            from zones z where z.time_zone is not null)
        select time_zone from zones where time_zone is not null
        """

    // A date may be there twice: as 28 February and, in a common year, as 29 February.
    private static let born: SQL = """
        with local as materialized (
            select l.time_zone, date '1970-01-01' + l.day as day,
                   (extract(month from date '1970-01-01' + l.day) * 100 + extract(day from date '1970-01-01' + l.day))::integer as birthday
            from unnest($3::text[], $4::integer[]) as l (time_zone, day)),
        days as materialized (
            select time_zone, day, birthday from local
            union all
            select time_zone, day, 229 from local where birthday = 228 and extract(day from day + 1) = 1),
        born as materialized (
            select c.user_id, d.day, c.time_zone is null or not exists (select from days z where z.time_zone = c.time_zone) as is_elsewhere
            from storefront.campaign_contacts c
                 join days d on d.birthday = c.birthday
                     and d.time_zone = case when exists (select from days z where z.time_zone = c.time_zone) then c.time_zone else $5 end
            where c.birthday = any (array(select distinct birthday from days)) and c.user_id > $1
            union all
            select user_id, null, false from storefront.campaign_contacts where date_of_birth in ('infinity', '-infinity') and user_id > $1
            order by user_id limit $2)
        select b.user_id, c.email, c.first_name, c.language, null::bigint as subject_id, 0 as reserved, c.date_of_birth::text as date_of_birth,
               coalesce(to_char(b.day, 'YYYY'), '') as year,
               b.day is null or c.date_of_birth > b.day or c.date_of_birth < date '1900-01-01' as is_impossible,
               case when b.is_elsewhere then coalesce(c.time_zone, '') end as unknown_zone,
               case when c.email is null then 'no e-mail address'
                    when not c.email_verified then 'the address is not verified'
                    when exists (
                        select from campaign_log l
                        where l.user_id = b.user_id and l.campaign = 'birthday' and l.period = to_char(b.day, 'YYYY')) then 'told before'
                    else suppression(b.user_id, c.email, 'promotions') end as left_out
        from born b join storefront.campaign_contacts c on c.user_id = b.user_id
        order by b.user_id
        """
}
