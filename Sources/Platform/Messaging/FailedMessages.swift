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
    static func isPermanent(_ error: any Error) -> Bool { error.isPermanent }

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
        let outcomes = try await publish(copies)
        for (copy, outcome) in zip(copies, outcomes) where outcome != .confirmed {
            throw NotTaken(queue: copy.routingKey, outcome: "\(outcome)")
        }
    }

    /// Lets a message wait a second that came too early. That is no failure, and is not counted as an attempt.
    /// - Throws: as ``send(_:)``.
    func postpone(_ delivery: AMQPDelivery) async throws {
        let target = ServiceTopology.delay(queue, after: 1)
        let copy = AMQPMessage(exchange: "", routingKey: target, properties: Self.properties(of: delivery), body: delivery.body)
        let outcome = try await publish([copy])
        guard outcome == [.confirmed] else { throw NotTaken(queue: target, outcome: "\(outcome)") }
    }

    private func publish(_ copies: [AMQPMessage]) async throws -> [AMQPPublishOutcome] {
        do {
            return try await runtime.broker.publish(copies, mandatory: true)
        } catch AMQPError.unencodable {
            // The publisher's own headers leave no room for ours in the frame; ours are what a person needs.
            let bare = copies.map { copy in
                var bare = copy
                bare.properties.headers = [:]
                for name in MessageHeader.all { bare.properties.headers[name] = copy.properties.headers[name] }
                return bare
            }
            return try await runtime.broker.publish(bare, mandatory: true)
        }
    }

    /// The properties of a copy: those it came with, but for what the broker would act on, and where it was published to at first, which a
    /// delay queue would make forgotten.
    private static func properties(of delivery: AMQPDelivery) -> AMQPProperties {
        var properties = delivery.properties
        properties.expiration = nil
        properties.persistent = true
        // The broker lets nobody else publish under this name.
        properties.userID = nil
        // The broker would send a copy to each of these again.
        properties.headers["CC"] = nil
        properties.headers["BCC"] = nil
        if properties.headers[MessageHeader.routingKey] == nil {
            properties.headers[MessageHeader.exchange] = .string(delivery.exchange)
            properties.headers[MessageHeader.routingKey] = .string(delivery.routingKey)
        }
        return properties
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
        var properties = Self.properties(of: failed.delivery)
        var headers = properties.headers
        headers[MessageHeader.attempts] = .int(Int64(attempt))
        headers[MessageHeader.reason] = .string(failed.reason.storable())
        headers[MessageHeader.queue] = .string(queue)
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
