import AMQP
import Contracts
import FoundationEssentials
import Logging
import Metrics
import Postgres

/// What becomes of messages that failed: back through a delay queue, or into the parking.
///
/// The copy is published with a confirm before the original is acked, so a message is never nowhere; it may be in two places for a moment,
/// which the inbox and the ledger do not mind.
struct FailedMessages: Sendable {
    /// Attempts before a message is parked.
    static let attempts = ServiceTopology.delays.count + 1

    let runtime: ServiceRuntime
    let queue: String
    let parking: String

    /// A message, why it failed and whether trying again can help.
    struct Failed: Sendable {
        let delivery: AMQPDelivery
        let reason: String
        let isPermanent: Bool
    }

    /// Judges an error.
    static func isPermanent(_ error: any Error) -> Bool {
        if error is any PermanentFailure || error is ContractViolation || error is Envelope.Unreadable { return true }
        guard let error = error as? PostgresError, let state = error.sqlState else { return false }
        // Data exceptions and integrity violations (SQLSTATE classes 22 and 23) come from what the message says.
        return state.errorClass == "22" || state.errorClass == "23"
    }

    /// Whether this failure is the message's last.
    static func isLast(_ failed: Failed) -> Bool { failed.isPermanent || attempt(failed.delivery) >= attempts }

    /// Which attempt this delivery was, counted from 1.
    static func attempt(_ delivery: AMQPDelivery) -> Int { Int(delivery.properties.headers[MessageHeader.attempts]?.int ?? 0) + 1 }

    /// Sends the messages on. When it returns, the broker has them and the originals can be acked.
    /// - Throws: when the connection was lost: the broker will deliver the originals again.
    func send(_ failed: [Failed]) async throws {
        guard !failed.isEmpty else { return }
        for one in failed { tell(one) }
        let copies = failed.map(copy)
        let outcomes = try await runtime.broker.publish(copies, mandatory: true)
        for (copy, outcome) in zip(copies, outcomes) where outcome != .confirmed {
            throw NotTaken(queue: copy.routingKey, outcome: "\(outcome)")
        }
    }

    /// Lets a message wait a second that came too early. That is no failure, and is not counted as an attempt.
    /// - Throws: as ``send(_:)``.
    func postpone(_ delivery: AMQPDelivery) async throws {
        var properties = delivery.properties
        properties.expiration = nil
        properties.persistent = true
        Self.noteOrigin(of: delivery, &properties.headers)
        let target = ServiceTopology.delay(queue, after: 1)
        let outcome = try await runtime.broker.publish([AMQPMessage(exchange: "", routingKey: target, properties: properties, body: delivery.body)])
        guard outcome == [.confirmed] else { throw NotTaken(queue: target, outcome: "\(outcome)") }
    }

    /// Where it was published to at first, which a delay queue would make forgotten.
    private static func noteOrigin(of delivery: AMQPDelivery, _ headers: inout AMQPTable) {
        guard headers[MessageHeader.routingKey] == nil else { return }
        headers[MessageHeader.exchange] = .string(delivery.exchange)
        headers[MessageHeader.routingKey] = .string(delivery.routingKey)
    }

    /// The broker did not take a copy. The original stays where it is.
    struct NotTaken: Error, CustomStringConvertible {
        let queue: String
        let outcome: String
        var description: String { "the broker did not take a message for \(queue): \(outcome)" }
    }

    private func copy(_ failed: Failed) -> AMQPMessage {
        let attempt = Self.attempt(failed.delivery)
        let isLast = Self.isLast(failed)
        var properties = failed.delivery.properties
        properties.expiration = nil
        properties.persistent = true
        var headers = properties.headers
        headers[MessageHeader.attempts] = .int(Int64(attempt))
        headers[MessageHeader.reason] = .string(String(failed.reason.prefix(2000)))
        headers[MessageHeader.queue] = .string(queue)
        Self.noteOrigin(of: failed.delivery, &headers)
        if isLast {
            headers[MessageHeader.parkedAt] = .string(RFC3339.string(from: runtime.clock.now))
            headers[MessageHeader.parkedBy] = .string(runtime.instance)
        }
        properties.headers = headers
        let target = isLast ? parking : ServiceTopology.delay(queue, after: attempt)
        return AMQPMessage(exchange: "", routingKey: target, properties: properties, body: failed.delivery.body)
    }

    private func tell(_ failed: Failed) {
        let isLast = Self.isLast(failed)
        let metadata: Logger.Metadata = [
            "queue": "\(queue)", "message": "\(failed.delivery.properties.messageID ?? "")", "attempt": "\(Self.attempt(failed.delivery))",
            "reason": "\(failed.reason)",
        ]
        Counter(label: "boxoffice_messages_total", dimensions: [("queue", queue), ("outcome", isLast ? "parked" : "retried")]).increment()
        if isLast {
            runtime.logger.error("A message is parked", metadata: metadata)
        } else {
            runtime.logger.warning("A message will be tried again", metadata: metadata)
        }
    }
}
