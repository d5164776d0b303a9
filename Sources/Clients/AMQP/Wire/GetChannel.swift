import CRabbitMQ

/// The channel of `basic.get`; its deliveries are settled like any other.
final class GetChannel: Channel {
    private var current: GetRequest?

    /// Sends the next request if there is one and none is under way.
    func pump() throws {
        guard current == nil, phase != .closing, let request = session.pending.gets.popFirst() else { return }
        current = request
        if phase == .closed { try open() }
        let arena = Arena()
        var get = amqp_basic_get_t()
        get.queue = arena.bytes(request.queue)
        try writer.method(AMQP_BASIC_GET_METHOD, get, channel: number)
    }

    override func didReceive(_ message: IncomingMessage) throws {
        let delivery = AMQPDelivery(body: message.body, properties: message.properties, envelope: message.envelope, channel: reference)
        guard let request = current else { return try settle(delivery.deliveryTag, .reject(requeue: true)) }
        current = nil
        request.continuation.resume(returning: delivery)
    }

    override func didReceive(_ method: amqp_method_t) throws {
        guard method.id == AMQP_BASIC_GET_EMPTY_METHOD, let request = current else { return }
        current = nil
        request.continuation.resume(returning: nil)
    }

    override func didClose(_ error: AMQPError?) throws { abandon(error ?? .connectionLost(reason: "the channel was closed")) }

    /// A late answer must not be taken for the next one's: the channel is closed, which gives its messages back.
    func expire(_ now: ContinuousClock.Instant) throws -> ContinuousClock.Instant? {
        guard let deadline = current?.request.deadline else { return nil }
        guard deadline <= now else { return deadline }
        abandon(.timeout("get"))
        if phase == .open || phase == .opening { try close() }
        return nil
    }

    /// Fails the request under way.
    func abandon(_ error: AMQPError) {
        let request = current
        current = nil
        request?.continuation.resume(throwing: error)
    }
}
