import FoundationEssentials
import Platform
import Postgres

/// Who is signed in.
enum SessionStore {
    /// The account of a session that goes on.
    struct Session: Decodable, Sendable {
        let account: String
        let role: Role
        /// Whether `seen_at` is to be moved: not at every request.
        let isDue: Bool
    }

    /// Finds a session, and ends those that nobody has used for long.
    static func find(_ digest: [UInt8], _ runtime: ServiceRuntime) async throws -> Session? {
        let now = runtime.clock.now
        let found = try await runtime.database.query(
            select, as: Session.self, digest, now - SessionCookie.idle, now - SessionCookie.longest, now - 60
        ).first
        if found?.isDue == true { try await runtime.transaction { try $0.enqueue(touch, digest, $0.now) } }
        return found
    }

    /// Begins a session.
    static func begin(_ digest: [UInt8], _ account: String, from address: String, _ tx: Transaction) throws {
        try tx.enqueue(removeOld, tx.now - SessionCookie.idle)
        try tx.enqueue(insert, digest, account, tx.now, address)
    }

    /// Ends a session, or all of its account.
    static func end(_ digest: [UInt8], everywhere: Bool, _ tx: Transaction) throws { try tx.enqueue(everywhere ? removeAll : remove, digest) }

    private static let select: SQL = """
        select s.account, (select a.role from accounts a where a.name = s.account) as role, s.seen_at < $4::timestamptz as is_due
        from sessions s where s.id = $1::bytea and s.seen_at > $2::timestamptz and s.started_at > $3::timestamptz
        """

    private static let touch: SQL = "update sessions set seen_at = $2::timestamptz where id = $1::bytea"

    private static let insert: SQL = """
        insert into sessions (id, account, started_at, seen_at, address) values ($1::bytea, $2::text, $3::timestamptz, $3::timestamptz, $4::text)
        """

    private static let remove: SQL = "delete from sessions where id = $1::bytea"

    private static let removeAll: SQL = """
        delete from sessions where account = (select account from sessions where id = $1::bytea)
        """

    private static let removeOld: SQL = """
        delete from sessions where id = any (array(select id from sessions where seen_at < $1::timestamptz order by seen_at limit 100))
        """
}
