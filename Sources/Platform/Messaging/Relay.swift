import AMQP
import Contracts
import FoundationEssentials
import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Publishes the rows of the outbox with publisher confirms and deletes them once the broker has confirmed them.
///
/// A message that no queue takes is dropped when it has no reader. Otherwise it stays in the outbox, the queues of its
/// readers are declared, and it is published again after a pause.
///
/// Rows are locked while they are published (`for update skip locked`), so replicas share the work; a row whose process
/// died before the delete is published again by any replica, and the consumer's inbox drops the duplicate.
struct Relay: Service {
    let runtime: ServiceRuntime
    let topology: ServiceTopology
    private let held = HeldRoutes()
    private let published = Metric.outboxPublished()
    private let unroutable = Metric.outboxUnroutable()

    init(_ runtime: ServiceRuntime, _ topology: ServiceTopology) {
        self.runtime = runtime
        self.topology = topology
    }

    /// How many rows are published at once.
    private static let batch = 1000
    /// How many batches are in flight when there are many: while the broker confirms one, the database selects or
    /// deletes another.
    private static let inFlight = 2
    /// How many batches are published before it starts at the first row again.
    private static let stretch = 20
    /// How long a row of a process that died can wait unnoticed.
    private static let poll = Duration.seconds(2)

    func run() async throws {
        guard await runtime.ready() else { return }
        await cancelWhenGracefulShutdown {
            await runtime.repeating(every: Self.poll, or: runtime.outboxFilled, complaint: "The relay waits") {
                try await runtime.broker.connected()
                try await runtime.retryingWhileDatabaseIsDown("The relay") { try await publishAll() }
            }
        }
        await drain()
    }

    /// Publishes what the last transactions wrote, so that a stopped process leaves as little as possible to the other
    /// replicas.
    private func drain() async {
        if runtime.broker.isConnected { try? await publishAll() }
    }

    /// Publishes until a batch was not full.
    private func publishAll() async throws {
        guard try await publishBatch(after: 0).count == Self.batch else { return }
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<Self.inFlight { group.addTask { while try await publishStretch() {} } }
        }
    }

    /// Publishes some batches from the first row on. An index scan passes deleted rows until the oldest transaction has
    /// ended, so each batch begins behind the previous one; the next stretch begins at the first row, for rows that
    /// were committed late.
    /// - Returns: whether there may be more.
    private func publishStretch() async throws -> Bool {
        var last = 0
        for _ in 0..<Self.stretch {
            let published = try await publishBatch(after: last)
            guard published.count == Self.batch else { return false }
            last = published.last
        }
        return true
    }

    /// Publishes the next rows after one.
    /// - Returns: how many are done for now, and the last row.
    private func publishBatch(after last: Int) async throws -> (count: Int, last: Int) {
        let passed = held.current
        let (batch, end) = try await runtime.database.transaction { tx in
            let rows = try await tx.query(
                Self.take, as: Row.self, last, Self.batch, passed.map(\.exchange), passed.map(\.routingKey))
            guard let end = rows.last else { return (Batch(), last) }
            let outcomes: [AMQPPublishOutcome]
            do {
                outcomes = try await runtime.broker.publish(rows.map(message), mandatory: true)
            } catch AMQPError.accessRefused(_, _, let reason) {
                return (forbidden(rows, reason), last)
            }
            let batch = sort(rows, outcomes)
            try await tx.execute(Self.delete, batch.done)
            return (batch, end.id)
        }
        for route in held.release(batch.taken.subtracting(batch.refused)) {
            runtime.logger.notice("Messages that waited in the outbox are published", metadata: ["routing_key": "\(route.routingKey)"])
        }
        if let reason = batch.forbidden {
            // The refused routes are skipped from now on; the other rows of this batch are selected again.
            hold(batch.refused, forbidden: reason)
            return try await publishBatch(after: last)
        }
        if !batch.refused.isEmpty { await hold(batch.refused) }
        return (batch.done.count + batch.waiting, end)
    }

    /// The results of the rows of a batch.
    private struct Batch: Sendable {
        var done: [Int] = []
        var waiting = 0
        var taken: Set<HeldRoutes.Route> = []
        var refused: Set<HeldRoutes.Route> = []
        /// The broker's reason when it did not let the service publish.
        var forbidden: String?
    }

    private func sort(_ rows: [Row], _ outcomes: [AMQPPublishOutcome]) -> Batch {
        var batch = Batch()
        for (row, outcome) in zip(rows, outcomes) {
            switch outcome {
            case .confirmed:
                published.increment()
                batch.done.append(row.id)
                batch.taken.insert(row.route)
            case .unroutable where hasReader(topology.current(row.route)):
                batch.waiting += 1
                batch.refused.insert(row.route)
            case .unroutable:
                // It has no reader in Contracts/, so an unroutable message is not an error.
                unroutable.increment()
                batch.done.append(row.id)
            case .rejected: continue
            }
        }
        return batch
    }

    /// Whether a message has a reader in Contracts/: an event the services that read its type, a message to one of the
    /// service's queues the service itself.
    private func hasReader(_ route: HeldRoutes.Route) -> Bool {
        switch route.exchange {
        case Exchange.events: !MessageRoute.readers(of: MessageType(rawValue: route.routingKey)).isEmpty
        case topology.retry: topology.ownQueues.contains(route.routingKey)
        default: false
        }
    }

    /// The routes of a batch that a refusal is about: the broker names the exchange and, of a topic exchange, the
    /// routing key.
    private func forbidden(_ rows: [Row], _ reason: String) -> Batch {
        let routes = Set(rows.map(\.route))
        let named = routes.filter { route in
            let route = topology.current(route)
            return reason.contains("'\(route.exchange)'") && (!reason.contains("topic '") || reason.contains("topic '\(route.routingKey)'"))
        }
        return Batch(refused: named.isEmpty ? routes : named, forbidden: reason)
    }

    /// Skips the rows of these routes for a while.
    private func hold(_ routes: Set<HeldRoutes.Route>, forbidden reason: String) {
        let fresh = routes.filter(held.hold)
        guard !fresh.isEmpty else { return }
        runtime.logger.error(
            "Messages wait in the outbox, because this service may not publish them: see `boxoffice broker-users`",
            metadata: ["routing_keys": "\(fresh.map(\.routingKey).sorted().joined(separator: ", "))", "reason": "\(reason)"])
    }

    /// Skips the rows of these routes for a while, and declares the queues of their readers.
    private func hold(_ routes: Set<HeldRoutes.Route>) async {
        let fresh = routes.filter(held.hold)
        if !fresh.isEmpty {
            runtime.logger.warning(
                "Messages wait in the outbox, because no queue takes them",
                metadata: ["routing_keys": "\(fresh.map(\.routingKey).sorted().joined(separator: ", "))"])
        }
        let keys = Set(routes.map(\.routingKey))
        var missing = topology.topology
        missing.merge(ServiceTopology.readers(of: MessageRoute.all.filter { keys.contains($0.type.rawValue) }))
        do {
            try await runtime.broker.declare(missing)
        } catch {
            guard !fresh.isEmpty, !Task.isCancelled else { return }
            runtime.logger.warning("The queues of the readers cannot be declared", error: error)
        }
    }

    private struct Row: Decodable, Sendable {
        let id: Int
        let exchange: String
        let routingKey: String
        let messageId: String
        let traceparent: String?
        let body: String

        var route: HeldRoutes.Route { .init(exchange: exchange, routingKey: routingKey) }
    }

    private func message(_ row: Row) -> AMQPMessage {
        let route = topology.current(row.route)
        return AMQPMessage(
            cloudEvent: row.body, id: row.messageId, traceparent: row.traceparent, exchange: route.exchange, routingKey: route.routingKey)
    }

    private static let take: SQL = """
        select id, exchange, routing_key, message_id, headers ->> 'traceparent' as traceparent, body
        from outbox
        where id > $1 and (exchange, routing_key) not in (select * from unnest($3::text[], $4::text[]))
        order by id limit $2 for update skip locked
        """

    private static let delete: SQL = "delete from outbox where id = any($1::bigint[])"
}
