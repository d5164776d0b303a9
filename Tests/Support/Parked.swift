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

extension TestEnvironment {
    /// How many messages wait in a queue; nil when it is not there.
    public func length(of queue: String) async throws -> Int? { try await broker.inspect(queue: queue)?.messages }

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

    /// Waits for something while the messages of a queue that wait for their next attempt begin it at once: whatever comes into a delay queue is
    /// moved where its time would move it.
    public func hurrying<T>(_ queue: String, sourceLocation: SourceLocation = #_sourceLocation, _ waiting: () async throws -> T) async throws -> T {
        let moving = Task { [broker] in
            while !Task.isCancelled {
                for attempt in 1...ServiceTopology.delays.count {
                    guard let delivery = try await broker.get(ServiceTopology.delay(queue, after: attempt)) else { continue }
                    let copy = AMQPMessage(exchange: "", routingKey: queue, properties: delivery.properties, body: delivery.body)
                    #expect(try await broker.publish([copy]) == [.confirmed], sourceLocation: sourceLocation)
                    broker.ack(delivery)
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        defer { moving.cancel() }
        return try await waiting()
    }
}
