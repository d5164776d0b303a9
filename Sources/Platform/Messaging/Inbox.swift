import Postgres

/// The sources and ids of the messages that this service has processed.
///
/// Duplicates are rare, and PostgreSQL inserts a row in two thirds of the time when it need not look for it first. So a
/// batch is inserted on the assumption that all of it is new; if that is wrong, the primary key is violated, and the
/// batch is processed again with a check.
enum Inbox {
    /// Inserts messages of which none has been seen.
    /// - Throws: a `PostgresError` with the SQLSTATE of a unique violation when one has.
    static func enterAll(_ messages: [DecodedMessage], _ tx: Transaction) throws {
        try tx.enqueue(enterNew, messages.map(\.id), messages.map(\.source), tx.now)
    }

    /// Inserts messages of which some may have been seen.
    /// - Returns: the new ones, each once, in their order.
    static func unseen(_ messages: [DecodedMessage], _ tx: Transaction) async throws -> [DecodedMessage] {
        let entered = try await tx.query(enter, as: Identity.self, messages.map(\.id), messages.map(\.source), tx.now)
        if entered.count == messages.count { return messages }
        var fresh = Set(entered)
        return messages.filter { fresh.remove(Identity(messageId: $0.id, source: $0.source)) != nil }
    }

    /// What identifies an event.
    private struct Identity: Hashable, Decodable, Sendable {
        let messageId: String
        let source: String
    }

    // In the order of the primary key, so that two replicas with the same messages do not deadlock. The id comes first
    // in it: there are few sources, and an index is fastest when its first column differs.
    private static let enterNew: SQL = """
        insert into inbox (message_id, source, received_at)
        select id, source, $3 from unnest($1::text[], $2::text[]) as batch (id, source) order by id collate "C", source collate "C"
        """

    private static let enter: SQL = """
        insert into inbox (message_id, source, received_at)
        select id, source, $3 from unnest($1::text[], $2::text[]) as batch (id, source) order by id collate "C", source collate "C"
        on conflict do nothing
        returning message_id, source
        """
}
