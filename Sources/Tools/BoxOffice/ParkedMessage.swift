import AMQP
import Contracts
import FoundationEssentials
import Platform

/// A message that could not be processed, with the headers that were added when it was parked.
struct ParkedMessage: Sendable {
    let delivery: AMQPDelivery
    let service: String

    init(_ delivery: AMQPDelivery, service: String) {
        self.delivery = delivery
        self.service = service
    }

    /// The message's id; a name computed from its content if it has none.
    var id: String {
        if let id = delivery.properties.messageID, !id.isEmpty { return id }
        // FNV-1a: the same message has the same name in each command.
        let digest = (Array("\(routingKey) \(parkedAt) ".utf8) + delivery.body).reduce(0xCBF2_9CE4_8422_2325 as UInt64) { digest, byte in
            (digest ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return "\(service)/\(String(digest, radix: 16))"
    }
    /// The queue to which it is replayed. The header is not trusted: it may have been written by any publisher to the
    /// parking queue.
    var queue: String {
        guard let queue = text(MessageHeader.queue), queue == QueueName.ticks(of: service) else { return QueueName.events(of: service) }
        return queue
    }
    var exchange: String { text(MessageHeader.exchange) ?? "" }
    var routingKey: String { text(MessageHeader.routingKey) ?? delivery.routingKey }
    /// Its routing key; for a message that was sent to a queue by name, as the parts of a split message are, its type.
    var subject: String {
        guard exchange.isEmpty || exchange == Exchange.retry(of: service), let envelope = try? Envelope(delivery) else { return routingKey }
        return envelope.type.rawValue
    }
    var reason: String { text(MessageHeader.reason) ?? "" }
    var parkedAt: String { text(MessageHeader.parkedAt) ?? "" }
    var parkedBy: String { text(MessageHeader.parkedBy) ?? "" }
    var attempts: Int { Int(delivery.properties.headers[MessageHeader.attempts]?.int ?? 0) }

    /// The message to replay. Its original exchange and routing key stay in the headers, because a hand-made message
    /// has no other type.
    var replay: AMQPMessage {
        var properties = AMQPProperties(copyOf: delivery)
        for header in [MessageHeader.attempts, MessageHeader.reason, MessageHeader.parkedAt, MessageHeader.parkedBy] {
            properties.headers[header] = nil
        }
        return AMQPMessage(exchange: Exchange.retry(of: service), routingKey: queue, properties: properties, body: delivery.body)
    }

    /// The copy that stays parked.
    var copy: AMQPMessage {
        AMQPMessage(
            exchange: Exchange.retry(of: service), routingKey: QueueName.parked(of: service), properties: AMQPProperties(copyOf: delivery),
            body: delivery.body)
    }

    /// Prints the whole message.
    func show() {
        Terminal.say("id           \(id)")
        Terminal.say("service      \(service)")
        Terminal.say("came from    \(queue), published to \(exchange.isEmpty ? "the default exchange" : exchange) with key \(routingKey)")
        Terminal.say("attempts     \(attempts)")
        Terminal.say("parked       \(parkedAt) by \(parkedBy)")
        Terminal.say("reason       \(reason)")
        // A body of several lines is printed as a column.
        let lines = String(decoding: delivery.body, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() { Terminal.say((number == 0 ? "body         " : "             ") + line) }
        Terminal.say("")
    }

    /// Messages as a JSON array.
    static func json(_ messages: [ParkedMessage]) throws -> String {
        let records = messages.map {
            Record(
                id: $0.id, service: $0.service, queue: $0.queue, exchange: $0.exchange, routingKey: $0.routingKey, attempts: $0.attempts,
                reason: $0.reason,
                parkedAt: $0.parkedAt, parkedBy: $0.parkedBy, body: String(decoding: $0.delivery.body, as: UTF8.self))
        }
        return String(decoding: try WireCoding.encodeJSON(records), as: UTF8.self)
    }

    private struct Record: Encodable {
        let id: String
        let service: String
        let queue: String
        let exchange: String
        let routingKey: String
        let attempts: Int
        let reason: String
        let parkedAt: String
        let parkedBy: String
        let body: String
    }

    private func text(_ header: String) -> String? { delivery.properties.headers[header]?.string }
}
