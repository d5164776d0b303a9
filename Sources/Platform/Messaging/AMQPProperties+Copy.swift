import AMQP

extension AMQPProperties {
    /// The properties of a copy: those it came with, but for what the broker would act on, and what a queue would make forgotten: where it was
    /// published to at first, and by whom.
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
        // The broker lets nobody else publish under this name.
        userID = nil
    }

    /// Whether the broker acts on a header: it sends a copy to each queue of `CC`, and drops a message that its `x-death` says has been in the
    /// target queue before. All of them were for the original; a publisher can set them to anything.
    private static func isForTheBroker(_ header: String) -> Bool {
        ["CC", "BCC", "x-death", "x-delivery-count"].contains(header) || header.hasPrefix("x-first-death-") || header.hasPrefix("x-last-death-")
    }
}

extension AMQPMessage {
    /// The same message with less and less of what its publisher wrote on it, for a copy that leaves no room for our headers in the frame, or has
    /// what the protocol lets in but does not let out: whole; with our headers only; with its id and our headers only, which are what a person needs.
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
