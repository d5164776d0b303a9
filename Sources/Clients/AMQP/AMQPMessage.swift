/// A message to publish.
public struct AMQPMessage: Sendable, Equatable {
    /// Exchange to publish to; empty for the default exchange, which routes to the queue named by the routing key.
    public var exchange: String
    /// Routing key, at most 255 bytes.
    public var routingKey: String
    /// What travels with the body.
    public var properties: AMQPProperties
    /// The body, of any length that the broker accepts (128 MB by default).
    public var body: [UInt8]

    /// A message.
    public init(exchange: String, routingKey: String, properties: AMQPProperties = .init(), body: [UInt8]) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.properties = properties
        self.body = body
    }
}
