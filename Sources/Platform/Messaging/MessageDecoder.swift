import AMQP
import Contracts

/// Decodes deliveries into messages that this service reacts to.
struct MessageDecoder: Sendable {
    /// The exchange through which the service reaches its own queues.
    let retry: String
    let reactions: [MessageType: AnyReaction]

    /// What a delivery turned out to be.
    enum Reading: Sendable {
        case message(DecodedMessage)
        case unreadable(AMQPDelivery, String)
        case probe(AMQPDelivery, BindingProbe)

        var delivery: AMQPDelivery {
            switch self {
            case .message(let message): message.delivery
            case .unreadable(let delivery, _): delivery
            case .probe(let delivery, _): delivery
            }
        }
    }

    func read(_ delivery: AMQPDelivery) -> Reading {
        if let probe = BindingProbe(delivery) { return .probe(delivery, probe) }
        do {
            let envelope = try Envelope(delivery)
            guard let reaction = reactions[envelope.type] else {
                return .unreadable(delivery, "this service does not know the type \(envelope.type)")
            }
            if let reason = suspicion(of: delivery, envelope.type) { return .unreadable(delivery, reason) }
            return .message(DecodedMessage(envelope, data: try reaction.decode(envelope.data), of: delivery))
        } catch {
            return .unreadable(delivery, "\(error)")
        }
    }

    /// Why a message may come from a publisher that may not publish its type; nil when it cannot.
    ///
    /// The broker checks a publisher's right by the routing key, not by the body, and any service that declares this
    /// queue for its own events can bind it to other exchanges. Messages of the service to itself arrive through its
    /// own exchange, messages of operators through the default one.
    private func suspicion(of delivery: AMQPDelivery, _ type: MessageType) -> String? {
        switch delivery.exchange {
        case Exchange.events where delivery.routingKey == type.rawValue: nil
        case Exchange.events: "it was published as \(delivery.routingKey), but its type is \(type): its publisher may not be who publishes that"
        case "", retry: nil
        default: "it came by the exchange \(delivery.exchange), to which this queue is not to be bound"
        }
    }
}
