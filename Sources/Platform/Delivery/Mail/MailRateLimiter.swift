import Curl
import FoundationEssentials
import Postgres

/// Limits how many mails leave in a minute, over all replicas of a service.
///
/// In all by a token bucket that holds the mails of a second, one at least. To one domain by giving each mail a time of
/// its own before it can be claimed: a mail that waits for its domain is found again when its time has come, and holds up
/// no other.
struct MailRateLimiter: Sendable {
    /// `MAIL_PER_MINUTE`
    let perMinute: Int?
    /// `MAIL_PER_DOMAIN_PER_MINUTE`
    let perDomainPerMinute: Int?

    /// The most mails that get their time in one transaction.
    private static let most = 2000
    private static let bucket = "mail"

    /// Takes tokens for mails that are about to be claimed.
    /// - Returns: how many, at most as many as are wanted.
    func take(_ wanted: Int, _ tx: Transaction) async throws -> Int {
        if let perDomainPerMinute { try await schedule(pause: 60 / Double(perDomainPerMinute), tx) }
        guard let perMinute else { return wanted }
        let rate = Double(perMinute) / 60
        let tokens = try await tx.row(Self.refill, as: Double.self, Self.bucket, max(1, rate), rate)
        let taken = min(wanted, Int(tokens))
        if taken > 0 { try tx.enqueue(Self.spend, Self.bucket, Double(taken)) }
        return taken
    }

    /// Gives tokens back that were not used.
    func giveBack(_ tokens: Int, _ tx: Transaction) throws {
        if perMinute != nil, tokens > 0 { try tx.enqueue(Self.spend, Self.bucket, -Double(tokens)) }
    }

    /// Gives mails that are due their times, one after the other for each domain.
    private func schedule(pause: TimeInterval, _ tx: Transaction) async throws {
        let due = try await tx.query(Self.unscheduled, as: Unscheduled.self, tx.now, Self.most)
        guard !due.isEmpty else { return }
        try tx.enqueue(Self.setTimes, due.map(\.id), due.map { Self.domain(of: $0.email ?? "") }, tx.now, pause)
        try tx.enqueue(Self.forget, tx.now)
    }

    /// The domain in one form, however it is written (`münchen.example`, `XN--MNCHEN-3YA.example`); empty for an address
    /// that cannot be used, which bounces.
    static func domain(of address: String) -> String { (try? MailAddress(pasted: address))?.domain.lowercased() ?? "" }

    private struct Unscheduled: Decodable, Sendable {
        let id: Int
        let email: String?
    }

    // By the database's clock, which replicas have in common.
    private static let refill: SQL = """
        insert into rate_limits as r (key, tokens, refilled_at) values ($1, $2, clock_timestamp())
        on conflict (key) do update
            set tokens = least($2, r.tokens + greatest(extract(epoch from clock_timestamp() - r.refilled_at), 0) * $3), refilled_at = clock_timestamp()
        returning tokens
        """

    private static let spend: SQL = "update rate_limits set tokens = tokens - $2 where key = $1"

    private static let unscheduled: SQL = """
        select id, payload #>> '{to,email}' as email from deliveries
        where kind = 'mail' and status = 'queued' and not is_scheduled and next_attempt_at <= $1
        order by next_attempt_at, id limit $2 for update skip locked
        """

    private static let setTimes: SQL = """
        with due as materialized (
            select id, domain, row_number() over (partition by domain order by place) as turn, count(*) over (partition by domain) as mails
            from unnest($1::bigint[], $2::text[]) with ordinality as due (id, domain, place)),
        domains as (
            insert into rate_limits as r (key, next_free)
            select 'mail@' || domain, $3::timestamptz + max(mails) * make_interval(secs => $4) from due group by domain order by domain
            on conflict (key) do update set next_free = greatest(r.next_free, $3) + (excluded.next_free - $3)
            returning key, next_free)
        update deliveries d
        set is_scheduled = true, next_attempt_at = l.next_free - (due.mails - due.turn + 1) * make_interval(secs => $4)
        from due join domains l on l.key = 'mail@' || due.domain
        where d.id = due.id
        """

    // Domains that no mail waits for.
    private static let forget: SQL = """
        delete from rate_limits
        where key = any (array(select key from rate_limits where next_free < $1::timestamptz - interval '1 hour' limit 1000 for update skip locked))
        """
}
