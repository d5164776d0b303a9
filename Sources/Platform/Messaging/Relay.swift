import AMQP
import FoundationEssentials
import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Publishes the rows of the outbox with publisher confirms and deletes them once the broker has them.
///
/// Rows are locked while they are published (`for update skip locked`), so replicas share the work; a row whose process died before
/// the delete is published again by any of them, and the consumer's inbox drops the copy.
struct Relay: Service {
    let runtime: ServiceRuntime
    private let published = Counter(label: "boxoffice_outbox_published_total")
    private let unroutable = Counter(label: "boxoffice_outbox_unroutable_total")

    init(_ runtime: ServiceRuntime) { self.runtime = runtime }

    /// How many rows are published at once.
    private static let batch = 500
    /// How long a row of a process that died can stay unseen.
    private static let poll = Duration.seconds(2)

    func run() async throws {
        guard await runtime.ready() else { return }
        await cancelWhenGracefulShutdown {
            var backoff = Backoff.connection
            var failing = false
            while !Task.isCancelled {
                do {
                    try await runtime.broker.connected()
                    while try await publishBatch() == Self.batch {}
                    failing = false
                    backoff = Backoff.connection
                    await runtime.outboxFilled.wait(atMost: Self.poll)
                } catch {
                    if !failing, !Task.isCancelled { runtime.logger.warning("The relay waits", error: error) }
                    failing = true
                    await runtime.outboxFilled.wait(atMost: backoff.next())
                }
            }
        }
        await drain()
    }

    /// Publishes what the last transactions left, so that a stopped process leaves as little as possible to the others.
    private func drain() async {
        while runtime.broker.isConnected, let count = try? await publishBatch(), count == Self.batch {}
    }

    private func publishBatch() async throws -> Int {
        try await runtime.database.transaction { tx in
            let rows = try await tx.query(Self.take, as: Row.self, Self.batch)
            guard !rows.isEmpty else { return 0 }
            let outcomes = try await runtime.broker.publish(rows.map(\.message), mandatory: true)
            var done: [Int] = []
            for (row, outcome) in zip(rows, outcomes) {
                switch outcome {
                case .confirmed:
                    published.increment()
                    done.append(row.id)
                case .unroutable:
                    // Nobody is bound to it: that is no error, as with a radio nobody listens to.
                    unroutable.increment()
                    done.append(row.id)
                case .rejected:
                    continue
                }
            }
            try await tx.execute(Self.delete, done)
            return done.count
        }
    }

    private struct Row: Decodable, Sendable {
        let id: Int
        let exchange: String
        let routingKey: String
        let messageId: String
        let traceparent: String?
        let body: String

        var message: AMQPMessage {
            var properties = AMQPProperties()
            properties.contentType = "application/cloudevents+json"
            properties.messageID = messageId
            if let traceparent { properties.headers[MessageHeader.traceparent] = .string(traceparent) }
            return AMQPMessage(exchange: exchange, routingKey: routingKey, properties: properties, body: Array(body.utf8))
        }
    }

    private static let take: SQL = """
        select id, exchange, routing_key, message_id, headers ->> 'traceparent' as traceparent, body
        from outbox order by id limit $1 for update skip locked
        """

    private static let delete: SQL = "delete from outbox where id = any($1::bigint[])"
}
