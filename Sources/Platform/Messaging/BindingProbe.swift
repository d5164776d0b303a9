import AMQP

/// A probe that `boxoffice doctor` publishes like a message: the consumer of each queue that receives it answers with
/// the queue's name. So the doctor learns the bindings, which AMQP cannot list.
public struct BindingProbe: Sendable {
    /// The prefix of the names of the queues that receive answers; no other queue is answered.
    public static let answers = "boxoffice.doctor."
    /// A probe that no consumer has taken by then is dropped by the broker.
    private static let lifetime = Duration.seconds(10)

    private let question: String
    private let answerTo: String

    /// The probe in a delivery, if it is one.
    init?(_ delivery: AMQPDelivery) {
        guard let question = MessageHeader.name(MessageHeader.probe, in: delivery.headers),
            let answerTo = delivery.properties.replyTo, answerTo.hasPrefix(Self.answers)
        else { return nil }
        self.question = question
        self.answerTo = answerTo
    }

    /// The answer of a queue's consumer. It is published to the service's own exchange, to which the doctor has bound
    /// its queue.
    func answer(from queue: String, through exchange: String) -> AMQPMessage {
        let headers: AMQPTable = [MessageHeader.probe: .string(question), MessageHeader.queue: .string(queue)]
        return AMQPMessage(exchange: exchange, routingKey: answerTo, properties: .init(headers: headers, persistent: false), body: [])
    }

    /// A probe. Its body is not a message, so that a consumer that does not know probes parks it.
    public static func ask(_ exchange: String, _ routingKey: String, answerTo: String) -> AMQPMessage {
        var properties = AMQPProperties(contentType: "text/plain", headers: [MessageHeader.probe: .string(routingKey)], persistent: false)
        properties.replyTo = answerTo
        properties.expiration = lifetime
        return AMQPMessage(exchange: exchange, routingKey: routingKey, properties: properties, body: Array("boxoffice doctor asks".utf8))
    }

    /// The routing key that was probed and the queue that answered.
    public static func read(_ answer: AMQPDelivery) -> (routingKey: String, queue: String)? {
        guard let key = answer.headers[MessageHeader.probe]?.string, let queue = answer.headers[MessageHeader.queue]?.string else { return nil }
        return (key, queue)
    }
}
