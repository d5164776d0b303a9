import AMQP
import Contracts

/// A decoded delivery of an event queue. A class, because batches of them are passed around: a copy costs one
/// reference.
final class DecodedMessage: Sendable {
    let id: String
    let source: String
    let type: MessageType
    let data: any Message
    let trace: TraceContext?
    let delivery: AMQPDelivery

    init(_ envelope: Envelope, data: any Message, of delivery: AMQPDelivery) {
        id = envelope.id
        source = envelope.source
        type = envelope.type
        self.data = data
        trace = envelope.trace
        self.delivery = delivery
    }
}
