import FoundationEssentials
import Postgres

/// The rows that wait for the courier.
enum Deliveries {
    /// Writes parcels, in front of the commit. One that is known by its dedupe key is left as it is.
    static func enqueue(_ parcels: [Parcel], in tx: PostgresTransaction, at now: Date) throws {
        let trace = TraceContext.current?.traceparent
        try tx.enqueue(insert, parcels.map(\.kind.rawValue), parcels.map(\.dedupeKey), parcels.map(\.payload), trace, now)
    }

    private static let insert: SQL = """
        insert into deliveries (kind, dedupe_key, payload, traceparent, next_attempt_at, created_at)
        select kind, dedupe_key, payload::jsonb, $4::text, $5, $5
        from unnest($1::text[], $2::text[], $3::text[]) with ordinality as fresh (kind, dedupe_key, payload, position)
        order by dedupe_key collate "C"
        on conflict (dedupe_key) do nothing
        """
}
