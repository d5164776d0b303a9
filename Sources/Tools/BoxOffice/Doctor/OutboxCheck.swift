import FoundationEssentials
import Migrations
import Postgres

/// Checks that the outboxes are emptied: how many messages wait for the broker, and since when.
struct OutboxCheck: StateCheck {
    let subject = "outboxes"

    /// The relay publishes committed messages within milliseconds, and retries a message whose queue was missing after
    /// a minute at most.
    private static let oldest = 120
    /// More than any job publishes in one slice.
    private static let most = 100_000

    func results(_ database: PostgresClient) async throws -> [CheckResult] {
        let outboxes = try await database.query(Self.waiting, as: Outbox.self, Self.most + 1)
        let faults = outboxes.compactMap(fault)
        guard faults.isEmpty else { return faults }
        let waiting = outboxes.map(\.waiting).reduce(0, +)
        return [.ok(subject, waiting == 0 ? "all are empty" : "\(waiting) messages wait for the broker, none for long")]
    }

    private func fault(_ outbox: Outbox) -> CheckResult? {
        guard outbox.waiting > Self.most || outbox.seconds > Self.oldest else { return nil }
        let count = outbox.waiting > Self.most ? "more than \(Self.most) messages wait" : "\(outbox.waiting) wait"
        let service = Domain.all.first { $0.schema == outbox.schema }?.service ?? outbox.schema
        return .fail(
            "outbox of \(service)",
            "\(count), the oldest (\(outbox.routingKey)) for \(outbox.seconds) s: does \(service) run and reach the broker, and are the queues of "
                + "those who read it there?")
    }

    private struct Outbox: Decodable, Sendable {
        let schema: String
        let waiting: Int
        let routingKey: String
        let seconds: Int
    }

    // Each by its primary key. A test compares the schemas with those of the services.
    static let waiting: SQL = """
        select 'operations' as schema, (select count(*) from (select from operations.outbox limit $1) few) as waiting, routing_key,
               floor(extract(epoch from now() - created_at))::int as seconds
        from (select routing_key, created_at from operations.outbox order by id limit 1) oldest
        union all
        select 'tickets', (select count(*) from (select from tickets.outbox limit $1) few), routing_key,
               floor(extract(epoch from now() - created_at))::int
        from (select routing_key, created_at from tickets.outbox order by id limit 1) oldest
        union all
        select 'loyalty', (select count(*) from (select from loyalty.outbox limit $1) few), routing_key,
               floor(extract(epoch from now() - created_at))::int
        from (select routing_key, created_at from loyalty.outbox order by id limit 1) oldest
        union all
        select 'payments', (select count(*) from (select from payments.outbox limit $1) few), routing_key,
               floor(extract(epoch from now() - created_at))::int
        from (select routing_key, created_at from payments.outbox order by id limit 1) oldest
        union all
        select 'events', (select count(*) from (select from events.outbox limit $1) few), routing_key,
               floor(extract(epoch from now() - created_at))::int
        from (select routing_key, created_at from events.outbox order by id limit 1) oldest
        union all
        select 'bookings', (select count(*) from (select from bookings.outbox limit $1) few), routing_key,
               floor(extract(epoch from now() - created_at))::int
        from (select routing_key, created_at from bookings.outbox order by id limit 1) oldest
        union all
        select 'marketing', (select count(*) from (select from marketing.outbox limit $1) few), routing_key,
               floor(extract(epoch from now() - created_at))::int
        from (select routing_key, created_at from marketing.outbox order by id limit 1) oldest
        union all
        select 'analytics', (select count(*) from (select from analytics.outbox limit $1) few), routing_key,
               floor(extract(epoch from now() - created_at))::int
        from (select routing_key, created_at from analytics.outbox order by id limit 1) oldest
        union all
        select 'maintenance', (select count(*) from (select from maintenance.outbox limit $1) few), routing_key,
               floor(extract(epoch from now() - created_at))::int
        from (select routing_key, created_at from maintenance.outbox order by id limit 1) oldest
        union all
        select 'console', (select count(*) from (select from console.outbox limit $1) few), routing_key,
               floor(extract(epoch from now() - created_at))::int
        from (select routing_key, created_at from console.outbox order by id limit 1) oldest
        """
}
