import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres

/// Mails verified users who have not booked for 90 days, those first who have been away longest: at most 50 a run, and
/// each again after 90 days at the earliest.
struct SendReEngagement: Job {
    static let name = JobName.marketingSendReEngagement
    /// The most users of a run.
    static let sliceLimit = 50
    /// How long a user has been away, and how old the account is; also the pause between two such mails.
    static let away: TimeInterval = 90 * 86_400
    let log: CampaignLog

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let upcoming = try await UpcomingEvents.read(at: slice.now, tx)
        let day = try await slice.zone(tx).day(at: slice.scheduledFor)
        let period = try await tx.row(Self.date, as: String.self, day)
        if slice.isDryRun {
            for user in try await tx.query(Self.leftOut, as: Candidate.self, slice.now - Self.away) {
                tx.note(user.name, "left out: \(user.leftOut ?? "")")
            }
        }
        let candidates = try await tx.query(
            Self.longestAway, as: WithCandidate<Absence>.self, slice.now - Self.away, slice.now, slice.after.instant, slice.after.id, slice.limit,
            log.dailyLimit,
            slice.now - CampaignLog.window)
        let reached = try await log.send(
            .reEngagement, to: candidates.map(\.candidate), period: { _ in period }, facts: { _ in ["events": .list(upcoming.facts)] }, slice, tx)
        return Progress(reached.count)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        let first = try await tx.query(
            Self.longestAway, as: WithCandidate<Absence>.self, slice.now - Self.away, slice.now, slice.after.instant, slice.after.id, 1,
            log.dailyLimit,
            slice.now - CampaignLog.window)
        return first.first.map { JobRow($0.candidate.name, KeysetCursor(instant: $0.row.since, id: $0.candidate.userId)) }
    }

    private struct Absence: Decodable, Sendable {
        /// The last booking, or the account's creation for a user who has never booked.
        let since: PostgresTimestamp
    }

    private static let date: SQL = "select (date '1970-01-01' + $1::integer)::text"

    private static let longestAway: SQL = """
        with absent as (
            select c.user_id, c.email, c.first_name, c.language, c.birthday, coalesce(b.created_at, c.created_at) as since
            from storefront.campaign_contacts c
                 left join (select user_id, max(created_at) as created_at from bookings.booking_facts group by user_id) b on b.user_id = c.user_id
            where c.email_verified and c.created_at <= $1 and c.email is not null and (b.created_at is null or b.created_at < $1)
              and not exists (
                  select from campaign_log l where l.user_id = c.user_id and l.campaign = 're-engagement' and l.queued_at > $1)
              and suppression(c.user_id, c.email, 'promotions') is null
              and mails_since(c.user_id, $7) + kept_places(c.user_id, c.birthday, $2) < $6)
        select user_id, email, first_name, language, null::bigint as subject_id, null as left_out, 0 as reserved, since
        from absent where (since, user_id) > ($3, $4)
        order by since, user_id limit $5
        """

    // For dry runs: users who are away and whom the mail does not reach, apart from the limit of a run.
    private static let leftOut: SQL = """
        select c.user_id, c.email, c.first_name, c.language, null::bigint as subject_id, 0 as reserved,
               case when c.email is null then 'no e-mail address' when l.user_id is not null then 'told within 90 days' else s.reason end as left_out
        from storefront.campaign_contacts c
             left join (select distinct user_id from campaign_log where campaign = 're-engagement' and queued_at > $1) l on l.user_id = c.user_id
             left join lateral (select suppression(c.user_id, c.email, 'promotions') as reason) s on true
        where c.email_verified and c.created_at <= $1
          and (c.email is null or l.user_id is not null or c.user_id in (select user_id from suppressions) and s.reason is not null)
          and not exists (select from bookings.booking_facts b where b.user_id = c.user_id and b.created_at >= $1)
        order by c.user_id
        """
}
