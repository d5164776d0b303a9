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
    private static let batch = 1000
    /// How many batches are on their way when there are many: while the broker confirms one, the database gives or takes another.
    private static let inFlight = 2
    /// How many batches are published before it looks at the first row again.
    private static let stretch = 20
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
                    try await publishAll()
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
        if runtime.broker.isConnected { try? await publishAll() }
    }

    /// Publishes until less than a batch was left.
    private func publishAll() async throws {
        guard try await publishBatch(after: 0).count == Self.batch else { return }
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<Self.inFlight { group.addTask { while try await publishStretch() {} } }
        }
    }

    /// Publishes some batches from the first row on. What was deleted can be met again until the oldest transaction has ended: the next batch begins
    /// behind it, and the next stretch at the first row, for those that were committed late.
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

    /// Publishes the next rows behind one.
    /// - Returns: how many the broker took, and the last row.
    private func publishBatch(after last: Int) async throws -> (count: Int, last: Int) {
        try await runtime.database.transaction { tx in
            let rows = try await tx.query(Self.take, as: Row.self, last, Self.batch)
            guard let end = rows.last else { return (0, last) }
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
            return (done.count, end.id)
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
            AMQPMessage(cloudEvent: body, id: messageId, traceparent: traceparent, exchange: exchange, routingKey: routingKey)
        }
    }

    private static let take: SQL = """
        select id, exchange, routing_key, message_id, headers ->> 'traceparent' as traceparent, body
        from outbox where id > $1 order by id limit $2 for update skip locked
        """

    private static let delete: SQL = "delete from outbox where id = any($1::bigint[])"
}
