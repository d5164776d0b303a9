import Postgres

/// The ids of the messages that this service has worked.
///
/// Messages that come twice are rare, and PostgreSQL inserts a row in two thirds of the time when it need not look for it first. So a batch
/// is entered in the belief that all of it is new; if that is wrong, the primary key says so, and the batch is worked again with care.
enum Inbox {
    /// Enters messages of which none has been seen.
    /// - Throws: a `PostgresError` with the SQLSTATE of a unique violation when one has.
    static func enterAll(_ messages: [ReadMessage], _ tx: Transaction) throws {
        try tx.enqueue(enterNew, messages.map(\.id), tx.now)
    }

    /// Enters messages of which some may have been seen.
    /// - Returns: those that were not there, each once, in their order.
    static func unseen(_ messages: [ReadMessage], _ tx: Transaction) async throws -> [ReadMessage] {
        let entered = try await tx.query(enter, messages.map(\.id), tx.now)
        if entered.count == messages.count { return messages }
        var fresh: Set<String> = []
        for row in entered { fresh.insert(try row.decode(String.self, at: 0)) }
        return messages.filter { fresh.remove($0.id) != nil }
    }

    // In the order of the ids, so that two replicas with the same messages do not lock each other out.
    private static let enterNew: SQL = """
        insert into inbox (message_id, received_at)
        select id, $2 from unnest($1::text[]) as batch (id) order by id collate "C"
        """

    private static let enter: SQL = """
        insert into inbox (message_id, received_at)
        select id, $2 from unnest($1::text[]) as batch (id) order by id collate "C"
        on conflict do nothing
        returning message_id
        """
}
