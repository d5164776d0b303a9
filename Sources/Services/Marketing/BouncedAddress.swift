import Platform
import Postgres

/// Suppresses campaign mails to addresses that a mail server has said do not exist. Mails about a customer's own
/// bookings are other services' and are still sent; the suppression ends when the user has another address.
enum BouncedAddress {
    /// Records the dead addresses among deliveries that were refused.
    static func suppress(_ deliveries: [FailedDelivery], _ tx: Transaction) async throws {
        let dead = deliveries.filter(\.isAddressDead).map(\.dedupeKey)
        if !dead.isEmpty { try tx.enqueue(add, dead, tx.now) }
    }

    // The digest is that of the function `suppression`. Of a user with two bounces the later one holds.
    private static let add: SQL = """
        insert into suppressions (user_id, scope, reason, since, address_digest)
        select distinct on (1) (payload -> 'subscription' ->> 'user')::bigint, 'all', 'bounced', $2::timestamptz,
               sha256(convert_to(lower(payload -> 'to' ->> 'email'), 'UTF8'))
        from deliveries where dedupe_key = any ($1::text[]) and payload -> 'subscription' ->> 'user' is not null
        order by 1, id desc
        on conflict (user_id, scope, reason) do update set since = excluded.since, address_digest = excluded.address_digest
        """
}
