import FoundationEssentials
import Postgres

/// The rows that wait for the relay.
enum Outbox {
    /// Writes messages to the outbox, before the commit.
    static func enqueue(_ messages: [OutgoingMessage], in tx: PostgresTransaction, at now: Date) throws {
        try tx.enqueue(
            insert,
            messages.map(\.exchange), messages.map(\.routingKey), messages.map(\.id), messages.map(\.traceparent), messages.map(\.body), now)
    }

    private static let insert: SQL = """
        insert into outbox (exchange, routing_key, message_id, headers, body, created_at)
        select exchange, routing_key, message_id, jsonb_build_object('traceparent', traceparent), body, $6
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) with ordinality
             as fresh (exchange, routing_key, message_id, traceparent, body, position)
        order by position
        """
}
