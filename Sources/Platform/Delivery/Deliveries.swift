import FoundationEssentials
import Postgres

/// The rows that wait for the delivery worker.
enum Deliveries {
    /// Writes deliveries, before the commit. One whose dedupe key is known already is left as it is.
    static func enqueue(_ deliveries: [OutboundDelivery], in tx: PostgresTransaction, at now: Date) throws {
        try tx.enqueue(
            insert, deliveries.map(\.kind.rawValue), deliveries.map(\.dedupeKey), deliveries.map(\.payload), deliveries.map(\.trace?.traceparent), now
        )
    }

    private static let insert: SQL = """
        insert into deliveries (kind, dedupe_key, payload, traceparent, next_attempt_at, created_at)
        select kind, dedupe_key, payload::jsonb, traceparent, $5, $5
        from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as fresh (kind, dedupe_key, payload, traceparent)
        order by dedupe_key collate "C"
        on conflict (dedupe_key) do nothing
        """
}
