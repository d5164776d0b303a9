import Contracts
import FoundationEssentials
import Platform
import Postgres

/// `console.audit`: who did what, and why.
enum AuditLog {
    /// One thing that was done.
    struct Entry: Sendable {
        let action: String
        let subject: String
        var reason = ""
        var before: (any Encodable & Sendable)?
        var after: (any Encodable & Sendable)?
    }

    /// Writes an entry, with what it is about.
    static func write(_ entry: Entry, by actor: Actor, _ tx: Transaction) throws {
        try tx.enqueue(
            insert, tx.now, actor.name, actor.role.rawValue, actor.address, entry.action, entry.subject.storable(), entry.reason.storable(),
            try entry.before.map(document), try entry.after.map(document))
    }

    private static func document(_ value: any Encodable) throws -> PostgresJSON { PostgresJSON(bytes: try WireCoding.encodeJSON(value)) }

    /// An entry as people read it.
    struct Record: Codable, Sendable {
        let id: Int
        let at: Date
        let actor: String
        let role: String
        let address: String
        let action: String
        let subject: String
        let reason: String
        let before: String?
        let after: String?
    }

    /// Entries, newest first.
    /// - Parameter before: Only those with a lower id: the keyset cursor.
    static func read(before: Int?, limit: Int, _ database: PostgresClient) async throws -> [Record] {
        try await database.query(select, as: Record.self, before ?? Int.max, limit)
    }

    private static let insert: SQL = """
        insert into audit (at, actor, role, address, action, subject, reason, before, after)
        values ($1::timestamptz, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::jsonb, $9::jsonb)
        """

    static let insertSignIn: SQL = """
        insert into audit (actor, role, address, action, subject)
        select name, role, $2::text, 'sign-in', name from accounts where name = $1::text
        """

    private static let select: SQL = """
        select id, at, actor, role, address, action, subject, reason, before::text, after::text
        from audit where id < $1::bigint order by id desc limit $2::integer
        """
}
