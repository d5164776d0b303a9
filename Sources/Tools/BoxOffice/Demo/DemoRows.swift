import FoundationEssentials
import Postgres

/// Writes the demo's users to the database, with their tokens and pending refreshes.
struct DemoRows: Sendable {
    let database: PostgresClient

    /// The numbers of written rows.
    struct Written: Sendable {
        var users = 0
        var tokens = 0
        var now = 0
        var due = 0
        var later = 0

        static func + (one: Written, other: Written) -> Written {
            Written(
                users: one.users + other.users, tokens: one.tokens + other.tokens, now: one.now + other.now, due: one.due + other.due,
                later: one.later + other.later)
        }
    }

    /// Writes users in one transaction. If a user's id is taken, that user and all rows that would belong to it are
    /// skipped.
    func write(_ users: [DemoUser], now: Date) async throws -> Written {
        try await database.transaction { tx in
            try await tx.execute(Self.stage)
            try await tx.copy(Self.copyUsers, rows: users.map(\.row))
            let fresh = Set(try await tx.query(Self.takeOver, as: Int.self))
            guard !fresh.isEmpty else { return Written() }
            try await tx.execute(Self.passOver)
            let made = users.filter { fresh.contains($0.number) }
            let tokens = made.compactMap { user in user.token.map { (user.number, $0) } }
            try await tx.execute(Self.tokens, tokens.map(\.0), tokens.map(\.1))
            let refreshes = made.flatMap { user in user.refreshes.map { (user.number, $0) } }
            try await tx.copy(
                Self.copyRefreshes, rows: refreshes.map { [$0.0, $0.1.activity, $0.1.scheduledOn, $0.1.createdOn] as [any PostgresEncodable] })
            let scheduled = refreshes.compactMap(\.1.scheduledOn)
            let due = scheduled.count { $0 <= now }
            return Written(
                users: made.count, tokens: tokens.count, now: refreshes.count - scheduled.count, due: due, later: scheduled.count - due)
        }
    }

    /// The highest number of a token that the sandbox must know.
    func highestToken() async throws -> Int { try await database.query(Self.highest, as: Int.self).first ?? 0 }

    /// The rides that were already counted.
    func counted(_ rides: [String]) async throws -> Set<String> { Set(try await database.query(Self.known, as: String.self, rides)) }

    private static let stage: SQL = "create temporary table demo_users (like storefront.users including defaults) on commit drop"

    private static let copyUsers: SQL = """
        copy demo_users (id, email, first_name, last_name, language, time_zone, email_verified, date_of_birth, newsletter_subscribed,
                         promotional_emails, created_at, last_login_at, last_activity_at) from stdin
        """

    private static let takeOver: SQL = """
        insert into storefront.users (id, email, first_name, last_name, language, time_zone, email_verified, date_of_birth, newsletter_subscribed,
                                      promotional_emails, created_at, last_login_at, last_activity_at)
        select id, email, first_name, last_name, language, time_zone, email_verified, date_of_birth, newsletter_subscribed,
               promotional_emails, created_at, last_login_at, last_activity_at
        from demo_users on conflict (id) do nothing returning id
        """

    /// Moves the sequence behind these ids for the web shop's next user.
    private static let passOver: SQL = """
        select setval(pg_get_serial_sequence('storefront.users', 'id'), greatest(max(id), (select last_value from storefront.users_id_seq)))
        from storefront.users
        """

    private static let tokens: SQL = """
        insert into tickets.bytemark_tokens (user_id, token) select * from unnest($1::bigint[], $2::text[]) on conflict do nothing
        """

    private static let copyRefreshes: SQL = "copy tickets.refresh_log (user_id, activity_type, scheduled_on, created_on) from stdin"

    private static let highest: SQL = """
        select coalesce(max(substr(token, 7)::bigint), 0) from tickets.bytemark_tokens where token ~ '^token-[1-9][0-9]{0,9}$'
        """

    private static let known: SQL = "select ride_id from loyalty.rides where ride_id = any($1::text[])"
}
