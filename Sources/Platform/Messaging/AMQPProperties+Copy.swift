import AMQP

extension AMQPProperties {
    /// The properties of a copy: those of the original without the headers that the broker would act on, and with
    /// headers for what a move to another queue would lose: the exchange and routing key that it was first published
    /// with, and its publisher.
    public init(copyOf delivery: AMQPDelivery) {
        var headers = delivery.headers
        if MessageHeader.name(MessageHeader.routingKey, in: headers) == nil {
            headers[MessageHeader.exchange] = .string(delivery.exchange)
            headers[MessageHeader.routingKey] = .string(delivery.routingKey.prefix(bytes: 255))
        } else if MessageHeader.name(MessageHeader.exchange, in: headers) == nil {
            headers[MessageHeader.exchange] = .string(delivery.exchange)
        }
        headers[MessageHeader.source] = .string(Envelope.publisher(of: delivery).prefix(bytes: 255))
        self = delivery.properties
        self.headers = AMQPTable(headers.filter { !Self.isForTheBroker($0.name) }.map { ($0.name, $0.value) })
        expiration = nil
        persistent = true
        // The broker rejects a message whose user id is not the connection's user.
        userID = nil
    }

    /// Whether the broker acts on a header: it sends a copy to each queue of `CC`, and drops a message that its
    /// `x-death` says has been in the target queue before. They were meant for the original, and a publisher can set
    /// them to anything.
    private static func isForTheBroker(_ header: String) -> Bool {
        ["CC", "BCC", "x-death", "x-delivery-count"].contains(header) || header.hasPrefix("x-first-death-") || header.hasPrefix("x-last-death-")
    }
}

extension AMQPMessage {
    /// The same message with fewer and fewer of its publisher's properties, for a copy that leaves no room for our
    /// headers in the frame, or that has values which the protocol accepts from a publisher but cannot encode again:
    /// whole; with our headers only; with its id and our headers only, which are what a person needs.
    public var reductions: [AMQPMessage] {
        var ours = self
        ours.properties.headers = [:]
        for name in MessageHeader.all { ours.properties.headers[name] = properties.headers[name] }
        if TraceContext(traceparent: ours.properties.headers[MessageHeader.traceparent]?.string ?? "") == nil {
            ours.properties.headers[MessageHeader.traceparent] = nil
        }
        var bare = ours
        bare.properties = AMQPProperties(headers: ours.properties.headers)
        if let id = properties.messageID, id.utf8.count <= 255 { bare.properties.messageID = id }
        return [self, ours, bare]
    }
}
