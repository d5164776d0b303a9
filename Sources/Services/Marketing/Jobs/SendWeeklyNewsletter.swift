import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres

/// Mails the next five events to active, verified subscribers, once a week.
///
/// Active is who has made a booking in the last 30 days. Without upcoming events nothing is sent.
struct SendWeeklyNewsletter: Job {
    static let name = JobName.marketingSendWeeklyNewsletter
    static let sliceLimit = 5000
    /// How long after a booking a user is active.
    static let active: TimeInterval = 30 * 86_400

    let log: CampaignLog

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        let upcoming = try await UpcomingEvents.read(at: slice.now, tx)
        guard !upcoming.facts.isEmpty else {
            tx.note("everybody", "left out: there are no upcoming events")
            return Progress(0)
        }
        let day = try await slice.zone(tx).day(at: slice.scheduledFor)
        let week = try await tx.row(Self.week, as: String.self, day)
        let users = try await UserPage.read(slice, tx)
        let candidates = try await tx.query(
            Self.candidates, as: Candidate.self, users.start, slice.limit, slice.now - Self.active, slice.now, week)
        let reached = try await log.send(
            .newsletter, to: candidates, period: { _ in week }, facts: { _ in ["events": .list(upcoming.facts)] }, slice, tx)
        return users.progress(reached.count)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? { try await UserPage.firstRow(slice, tx) }

    private static let week: SQL = """
        select to_char(date '1970-01-01' + $1::integer, 'IYYY-"W"IW')
        """

    private static let candidates: SQL = """
        with page as materialized (
            select user_id, email, first_name, language, birthday, email_verified, newsletter_subscribed
            from storefront.campaign_contacts where user_id > $1 order by user_id limit $2)
        select p.user_id, p.email, p.first_name, p.language, null::bigint as subject_id,
               case when p.email is null then 'no e-mail address'
                    when not p.email_verified then 'the address is not verified'
                    when not p.newsletter_subscribed then 'not subscribed'
                    when exists (select from campaign_log l where l.user_id = p.user_id and l.campaign = 'newsletter' and l.period = $5)
                    then 'told before'
                    else suppression(p.user_id, p.email, 'newsletter') end as left_out,
               kept_places(p.user_id, p.birthday, $4) as reserved
        from page p
        where exists (select from bookings.booking_facts b where b.user_id = p.user_id and b.created_at >= $3 and b.created_at <= $4 offset 0)
        order by p.user_id
        """
}
