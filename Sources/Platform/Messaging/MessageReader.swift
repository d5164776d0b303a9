import AMQP
import Contracts

/// Reads deliveries into messages that this service reacts to.
struct MessageReader: Sendable {
    let reactions: [MessageType: AnyReaction]

    /// What a delivery turned out to be.
    enum Reading: Sendable {
        case message(ReadMessage)
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
            return .message(ReadMessage(envelope, data: try reaction.decode(envelope.data), of: delivery))
        } catch {
            return .unreadable(delivery, "\(error)")
        }
    }
}
