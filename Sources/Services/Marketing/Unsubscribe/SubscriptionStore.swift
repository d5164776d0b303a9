import Contracts
import Platform
import Postgres

/// Reads and changes in the database what customers have unsubscribed from.
enum SubscriptionStore {
    /// A customer as the page shows one.
    struct Customer: Sendable {
        /// The language in the shop; nil when there is none or no such user any more.
        let language: String?
        /// Whether the shop's own setting allows newsletters.
        let isSubscribedAtShop: Bool
        /// What the customer has unsubscribed from.
        var preferences: SubscriptionPreferences
    }

    /// The customer of a token.
    static func read(_ user: Int, _ tx: Transaction) async throws -> Customer {
        let row = try await tx.row(select, as: Row.self, user)
        return Customer(
            language: row.language, isSubscribedAtShop: row.subscribedAtShop,
            preferences: SubscriptionPreferences(off: Set(row.off.compactMap { SubscriptionScope(rawValue: $0) })))
    }

    /// Makes a change, and publishes it; a change that was made before is neither stored nor published again.
    static func apply(_ change: SubscriptionPreferences.Change, _ scope: SubscriptionScope, of user: Int, _ tx: Transaction) async throws -> Customer
    {
        try tx.enqueue(lock, user)
        var customer = try await read(user, tx)
        guard customer.preferences.apply(change, scope) else { return customer }
        let off = customer.preferences.off.map(\.rawValue).sorted()
        try tx.enqueue(remove, user, off)
        try tx.enqueue(add, user, off, tx.now)
        switch change {
        case .unsubscribe: try tx.publish(CustomerUnsubscribed(userId: user, scope: scope, unsubscribedAt: tx.now))
        case .resubscribe: try tx.publish(CustomerResubscribed(userId: user, scope: scope, resubscribedAt: tx.now))
        }
        return customer
    }

    private struct Row: Decodable, Sendable {
        let language: String?
        let subscribedAtShop: Bool
        let off: [String]
    }

    // Two requests about one customer take turns. Not by a row that campaigns lock for the time of a slice.
    private static let lock: SQL = "select pg_advisory_xact_lock(hashtextextended('marketing.suppressions', $1::bigint))"

    private static let select: SQL = """
        select c.language, coalesce(c.newsletter_subscribed, true) as subscribed_at_shop,
               array(select s.scope from suppressions s where s.user_id = wanted.user_id and s.reason = 'unsubscribed') as off
        from (values ($1::bigint)) as wanted (user_id) left join storefront.campaign_contacts c on c.user_id = wanted.user_id
        """

    private static let remove: SQL = "delete from suppressions where user_id = $1 and reason = 'unsubscribed' and scope <> all ($2::text[])"

    private static let add: SQL = """
        insert into suppressions (user_id, scope, reason, since)
        select $1::bigint, scope, 'unsubscribed', $3::timestamptz from unnest($2::text[]) as wanted (scope)
        on conflict do nothing
        """
}
