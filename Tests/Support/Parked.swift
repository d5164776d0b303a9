import AMQP
import FoundationEssentials
import Platform
import Testing

/// A message that was found in the parking, with what the house wrote on it.
public struct Parked: Sendable {
    /// As it was taken; it has been acked.
    public let delivery: AMQPDelivery

    private func text(_ header: String) -> String { delivery.properties.headers[header]?.string ?? "" }

    /// Why it was parked.
    public var reason: String { text(MessageHeader.reason) }
    /// How often it was tried.
    public var attempts: Int { Int(delivery.properties.headers[MessageHeader.attempts]?.int ?? 0) }
    /// The queue it failed in.
    public var queue: String { text(MessageHeader.queue) }
    /// The exchange it was published to.
    public var exchange: String { text(MessageHeader.exchange) }
    /// The key it was published with.
    public var routingKey: String { text(MessageHeader.routingKey) }
    /// When it was parked.
    public var parkedAt: String { text(MessageHeader.parkedAt) }
    /// By which process.
    public var parkedBy: String { text(MessageHeader.parkedBy) }
    /// What it says.
    public var body: String { String(decoding: delivery.body, as: UTF8.self) }

    /// The message as an operator's replay publishes it: into the queue it came from, its attempts forgotten.
    public var replay: AMQPMessage {
        var properties = delivery.properties
        for header in [MessageHeader.attempts, MessageHeader.reason, MessageHeader.parkedAt, MessageHeader.parkedBy] {
            properties.headers[header] = nil
        }
        return AMQPMessage(exchange: "", routingKey: queue, properties: properties, body: delivery.body)
    }
}

extension TestHouse {
    /// Waits for a message in the parking of a service and takes it.
    public func parked(_ service: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> Parked {
        var found: AMQPDelivery?
        try await eventually("nothing is parked", sourceLocation: sourceLocation) {
            found = try await broker.get("\(service).parked")
            return found != nil
        }
        let delivery = try #require(found, sourceLocation: sourceLocation)
        broker.ack(delivery)
        return Parked(delivery: delivery)
    }

    /// Publishes a parked message as an operator's replay does.
    public func replay(_ parked: Parked) async throws {
        #expect(try await broker.publish([parked.replay]) == [.confirmed])
    }

    /// Lets a message that waits for its next attempt begin it now: waits for it in the delay queue and moves it where its time would.
    public func hurry(_ queue: String, after attempt: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let delay = ServiceTopology.delay(queue, after: attempt)
        var found: AMQPDelivery?
        try await eventually("nothing waits in \(delay)", sourceLocation: sourceLocation) {
            found = try await broker.get(delay)
            return found != nil
        }
        let delivery = try #require(found, sourceLocation: sourceLocation)
        let copy = AMQPMessage(exchange: "", routingKey: queue, properties: delivery.properties, body: delivery.body)
        #expect(try await broker.publish([copy]) == [.confirmed])
        broker.ack(delivery)
    }
}
