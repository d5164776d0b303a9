import Postgres

/// The ids of the messages that this service has worked.
enum Inbox {
    /// Enters the messages.
    /// - Returns: those that were not there, each once, in their order.
    static func unseen(_ messages: [ReadMessage], _ tx: Transaction) async throws -> [ReadMessage] {
        let entered = try await tx.query(enter, messages.map(\.id), tx.now)
        if entered.count == messages.count { return messages }
        var fresh: Set<String> = []
        for row in entered { fresh.insert(try row.decode(String.self, at: 0)) }
        return messages.filter { fresh.remove($0.id) != nil }
    }

    // In the order of the ids, so that two replicas with the same messages do not lock each other out.
    private static let enter: SQL = """
        insert into inbox (message_id, received_at)
        select id, $2 from unnest($1::text[]) as batch (id) order by id collate "C"
        on conflict do nothing
        returning message_id
        """
}
