/// A message that the broker handed to us, to be settled exactly once (`ack`, `reject`, …). Copying it costs one reference.
public struct AMQPDelivery: Sendable {
    private let contents: Contents
    let channel: ChannelReference

    /// The body.
    public var body: [UInt8] { contents.body }
    /// What travelled with the body.
    public var properties: AMQPProperties { contents.properties }
    /// Its application headers; the same as those of `properties`, without a copy of all the others.
    public var headers: AMQPTable { contents.properties.headers }
    /// Exchange that it was published to.
    public var exchange: String { contents.envelope.exchange }
    /// Routing key that it was published with.
    public var routingKey: String { contents.envelope.routingKey }
    /// Whether it may have been delivered before.
    public var redelivered: Bool { contents.envelope.redelivered }
    /// Its number on the channel, from 1.
    public var deliveryTag: UInt64 { contents.envelope.deliveryTag }

    /// A delivery that came from no broker, for tests: settling it does nothing.
    public init(
        body: [UInt8], properties: AMQPProperties = .init(), exchange: String = "", routingKey: String = "", redelivered: Bool = false,
        deliveryTag: UInt64 = 0
    ) {
        let envelope = Envelope(deliveryTag: deliveryTag, redelivered: redelivered, exchange: exchange, routingKey: routingKey)
        contents = Contents(body, properties, envelope)
        channel = ChannelReference(number: 0, epoch: 0)
    }

    init(_ message: IncomingMessage, on channel: ChannelReference) {
        contents = Contents(message.body, message.properties, message.envelope)
        self.channel = channel
    }

    /// Shared by all copies, so that batches of deliveries move as small values.
    private final class Contents: Sendable {
        let body: [UInt8]
        let properties: AMQPProperties
        let envelope: Envelope

        init(_ body: [UInt8], _ properties: AMQPProperties, _ envelope: Envelope) {
            self.body = body
            self.properties = properties
            self.envelope = envelope
        }
    }
}

/// One life of a channel: numbers are used again after an error or a reconnect, epochs never.
struct ChannelReference: Sendable, Equatable {
    let number: UInt16
    let epoch: UInt64
}

/// What a delivering method says of the message that follows it.
struct Envelope: Sendable {
    let deliveryTag: UInt64
    let redelivered: Bool
    let exchange: String
    let routingKey: String
}
