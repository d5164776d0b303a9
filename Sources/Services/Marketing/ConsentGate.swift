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
        let logged = mails.compactMap { mail in Self.id(mail.dedupeKey).map { (mail: mail, id: $0) } }
        let rows = try await tx.query(
            Self.reasons, as: Withheld.self, logged.map(\.id), logged.map(\.mail.address), logged.map(\.mail.dedupeKey))
        if !rows.isEmpty { try tx.enqueue(Self.giveBack, rows.map(\.id)) }
        return Dictionary(rows.map { ($0.dedupeKey, $0.reason) }) { first, _ in first }
    }

    /// The row of `campaign_log` that a mail belongs to.
    private static func id(_ dedupeKey: String) -> Int? { dedupeKey.split(separator: "/").last.flatMap { Int($0) } }

    private struct Withheld: Decodable, Sendable {
        let id: Int
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
            select l.id, l.campaign, l.user_id, l.subject_id, w.address, w.dedupe_key
            from unnest($1::bigint[], $2::text[], $3::text[]) as w (id, address, dedupe_key) join campaign_log l on l.id = w.id
            where l.user_id is not null),
        checked as (
            select w.id, w.dedupe_key,
                   case when c.user_id is null then 'the user does not exist any more'
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

    // A mail that is not sent does not count for the limit of a day.
    private static let giveBack: SQL = """
        with unsent as (
            select user_id, array_agg(queued_at) as times from campaign_log where id = any ($1::bigint[]) group by user_id order by user_id)
        update recipients r
        set queued_at = array(select mail from unnest(r.queued_at) as mail where mail <> all (u.times))
        from unsent u where r.user_id = u.user_id
        """
}
