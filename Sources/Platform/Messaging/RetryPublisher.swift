import AMQP
import Contracts
import FoundationEssentials
import Logging
import Metrics
import Postgres

/// Sends failed messages to a delay queue for another attempt or, after the last one, to the parked queue (the
/// dead-letter queue).
///
/// The copy is published with a confirm before the original is acked, so a message is never lost; for a moment it may
/// exist twice, and the inbox or the row of its run makes the duplicate harmless.
struct RetryPublisher: Sendable {
    /// Attempts before a message is parked.
    static let attempts = ServiceTopology.delays.count + 1

    let runtime: ServiceRuntime
    let topology: ServiceTopology
    /// The queue that the messages were consumed from.
    let queue: String

    /// A message, why it failed and whether a retry can help.
    struct Failed: Sendable {
        let delivery: AMQPDelivery
        let reason: String
        let isPermanent: Bool
        /// Whether it only waits for the row that it refers to.
        var isEarly = false
        /// The id that its copies get when the message came without one.
        var id: String?
    }

    /// Whether a retry cannot help.
    static func isPermanent(_ error: any Error) -> Bool { error.isPermanent }

    /// Whether this failure is the message's last.
    static func isLast(_ failed: Failed) -> Bool { failed.isPermanent || attempt(failed.delivery) >= attempts }

    /// The number of this delivery's attempt, counted from 1.
    static func attempt(_ delivery: AMQPDelivery) -> Int {
        min(MessageHeader.failedAttempts(in: delivery.headers, atMost: attempts) + 1, attempts)
    }

    /// How long the message waits for its next attempt; nil when this was its last.
    static func pause(after failed: Failed) -> Duration? {
        isLast(failed) ? nil : ServiceTopology.delays[attempt(failed.delivery) - 1]
    }

    /// Publishes the messages to their next queue. When it returns, the broker has them and the originals can be acked.
    /// - Throws: when the connection was lost: the broker redelivers the originals.
    func send(_ failed: [Failed]) async throws {
        guard !failed.isEmpty else { return }
        for one in failed { log(one) }
        let copies = failed.map(copy)
        let outcomes = try await publish(copies)
        for (copy, outcome) in zip(copies, outcomes) where outcome != .confirmed {
            throw NotTaken(queue: copy.routingKey, outcome: "\(outcome)")
        }
    }

    /// Delays a message that came too early by a second. That is not a failure and is not counted as an attempt.
    /// - Throws: as ``send(_:)``.
    func postpone(_ delivery: AMQPDelivery) async throws {
        let target = ServiceTopology.delay(queue, after: 1)
        let copy = AMQPMessage(exchange: topology.retry, routingKey: target, properties: AMQPProperties(copyOf: delivery), body: delivery.body)
        let outcome = try await publish([copy])
        guard outcome == [.confirmed] else { throw NotTaken(queue: target, outcome: "\(outcome)") }
    }

    private func publish(_ copies: [AMQPMessage]) async throws -> [AMQPPublishOutcome] {
        do {
            return try await runtime.broker.publish(copies, mandatory: true)
        } catch AMQPError.unencodable {
            var outcomes: [AMQPPublishOutcome] = []
            for copy in copies { outcomes += try await publish(reducing: copy) }
            return outcomes
        }
    }

    /// Publishes a copy that cannot be encoded whole, with as much of it as can be.
    private func publish(reducing copy: AMQPMessage) async throws -> [AMQPPublishOutcome] {
        let candidates = copy.reductions
        for candidate in candidates.dropLast() {
            do {
                return try await runtime.broker.publish([candidate], mandatory: true)
            } catch AMQPError.unencodable {
                continue
            }
        }
        return try await runtime.broker.publish(candidates.suffix(1), mandatory: true)
    }

    /// The broker did not confirm a copy. The original stays in its queue.
    struct NotTaken: Error, CustomStringConvertible {
        let queue: String
        let outcome: String
        var description: String { "the broker did not take a message for \(queue): \(outcome)" }
    }

    private func copy(_ failed: Failed) -> AMQPMessage {
        let attempt = Self.attempt(failed.delivery)
        let isLast = Self.isLast(failed)
        var properties = AMQPProperties(copyOf: failed.delivery)
        properties.headers[MessageHeader.attempts] = .int(Int64(attempt))
        properties.headers[MessageHeader.reason] = .string(failed.reason.storable())
        properties.headers[MessageHeader.queue] = .string(queue)
        properties.headers[MessageHeader.parkedAt] = isLast ? .string(RFC3339.string(from: runtime.clock.now)) : nil
        properties.headers[MessageHeader.parkedBy] = isLast ? .string(runtime.instance) : nil
        if let id = failed.id, properties.messageID?.isEmpty ?? true { properties.messageID = id }
        let target = isLast ? topology.parked : ServiceTopology.delay(queue, after: attempt)
        return AMQPMessage(exchange: topology.retry, routingKey: target, properties: properties, body: failed.delivery.body)
    }

    private func log(_ failed: Failed) {
        let isLast = Self.isLast(failed)
        let metadata: Logger.Metadata = [
            "queue": "\(queue)", "message": "\(failed.delivery.properties.messageID ?? "")", "attempt": "\(Self.attempt(failed.delivery))",
            "reason": "\(failed.reason)",
        ]
        Metric.messages(queue, isLast ? "parked" : "retried").increment()
        if isLast {
            runtime.logger.error("A message is parked", metadata: metadata)
        } else if failed.isEarly {
            runtime.logger.info("A message waits for the row it is about", metadata: metadata)
        } else {
            runtime.logger.warning("A message will be tried again", metadata: metadata)
        }
    }
}
