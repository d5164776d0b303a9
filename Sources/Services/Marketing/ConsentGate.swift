import FoundationEssentials
import Platform
import Postgres

/// Asks right before a campaign mail is sent whether it may still be: wishes, addresses and events change while it
/// waits.
struct ConsentGate: MailGate {
    /// Mails that customers wait for go first: those of bookings and events that are due for two seconds. After ten
    /// minutes something else holds them up.
    func isOpen(_ tx: Transaction) async throws -> Bool {
        try await tx.row(Self.isFirst, as: Bool.self, tx.now - 600, tx.now - 2)
    }

    func withheld(_ mails: [QueuedMail], _ tx: Transaction) async throws -> [String: String] {
        let rows = try await tx.query(
            Self.reasons, as: Withheld.self, mails.map { Campaign.logID($0.dedupeKey) }, mails.map(\.address), mails.map(\.dedupeKey))
        let logged = rows.compactMap(\.id)
        if !logged.isEmpty { try tx.enqueue(Self.giveBack, logged) }
        return Dictionary(rows.map { ($0.dedupeKey, $0.reason) }) { first, _ in first }
    }

    private struct Withheld: Decodable, Sendable {
        /// Nil when the log does not know the mail.
        let id: Int?
        let dedupeKey: String
        let reason: String
    }

    private static let isFirst: SQL = """
        select not exists (
            select from (select due_since from bookings.mail_backlog union all select due_since from events.mail_backlog) backlog
            where due_since > $1 and due_since < $2)
        """

    private static let reasons: SQL = """
        with waiting as materialized (
            select l.id, l.campaign, l.user_id, l.subject_id, w.address, w.dedupe_key, r.stopped_at is not null as is_stopped
            from unnest($1::bigint[], $2::text[], $3::text[]) as w (id, address, dedupe_key)
                 left join campaign_log l on l.id = w.id left join campaign_runs r on r.run = l.run),
        checked as (
            select w.id, w.dedupe_key,
                   case when w.user_id is null then 'no campaign knows this mail'
                        when w.is_stopped then 'the run of the campaign was stopped: too many of its mails were refused'
                        when c.user_id is null then 'the user does not exist any more'
                        when c.email is distinct from w.address then 'the user has another address now'
                        when not c.email_verified then 'the address is not verified'
                        when w.campaign = 'newsletter' and not c.newsletter_subscribed then 'not subscribed any more'
                        when w.campaign = 'promotion' and not c.promotional_emails then 'promotions are not allowed any more'
                        when w.campaign = 'promotion' and not exists (
                            select from events.event_facts e
                            where e.event_id = w.subject_id and e.status = 'upcoming' and e.tickets_sold < e.total_tickets)
                        then 'the event cannot be booked any more'
                        when w.campaign = 'follow-up' and not exists (
                            select from bookings.booking_facts b where b.booking_id = w.subject_id and b.status = 'confirmed')
                        then 'the booking is cancelled'
                        else suppression(w.user_id, c.email, case w.campaign when 'newsletter' then 'newsletter' else 'promotions' end) end as reason
            from waiting w left join storefront.campaign_contacts c on c.user_id = w.user_id)
        select id, dedupe_key, reason from checked where reason is not null order by id
        """

    // A mail that is not sent does not count for the limit of a day; others that were queued at the same instant do.
    private static let giveBack: SQL = """
        with unsent as materialized (
            select user_id, queued_at, count(*) as mails from campaign_log where id = any ($1::bigint[]) group by user_id, queued_at),
        locked as materialized (
            select user_id from recipients where user_id = any (array(select user_id from unsent)) order by user_id for no key update)
        update recipients r
        set queued_at = array(
            select m.instant from (select instant, row_number() over (partition by instant) as turn from unnest(r.queued_at) as instant) m
            where not exists (select from unsent u where u.user_id = r.user_id and u.queued_at = m.instant and m.turn <= u.mails)
            order by m.instant)
        where r.user_id = any (array(select user_id from locked))
        """
}
