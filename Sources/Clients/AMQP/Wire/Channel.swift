import CRabbitMQ

/// A channel of one session: opening, closing by either side, and putting messages together from their frames. Subclasses say what it is for.
/// Everything happens on the connection's thread.
class Channel {
    enum Phase {
        case closed, opening, open, closing
    }

    let number: UInt16
    unowned let session: ConnectionEventLoop
    private(set) var phase = Phase.closed
    private(set) var epoch: UInt64 = 0
    var tracker = AckTracker()
    private var incoming: IncomingMessage?
    private var decoder = PropertiesDecoder()
    private var exchange = StringCache()
    private var routingKey = StringCache()
    private var frames: [SettlementFrame] = []

    init(_ number: UInt16, _ session: ConnectionEventLoop) {
        self.number = number
        self.session = session
    }

    var writer: FrameWriter { session.writer }
    var reference: ChannelReference { ChannelReference(number: number, epoch: epoch) }

    // What a channel is for.

    /// The channel is closed, by the broker with an error or by us with none.
    func didClose(_ error: AMQPError?) throws {}
    /// Any method that is not about the channel itself.
    func didReceive(_ method: amqp_method_t) throws {}
    /// A complete message.
    func didReceive(_ message: IncomingMessage) throws {}

    func open() throws {
        epoch = session.supervisor.nextEpoch()
        tracker = AckTracker()
        incoming = nil
        phase = .opening
        try writer.method(AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t(), channel: number)
    }

    func close() throws {
        phase = .closing
        var close = amqp_channel_close_t()
        close.reply_code = UInt16(AMQP_REPLY_SUCCESS)
        try writer.method(AMQP_CHANNEL_CLOSE_METHOD, close, channel: number)
    }

    final func receive(_ frame: amqp_frame_t) throws {
        switch Int32(frame.frame_type) {
        case AMQP_FRAME_METHOD: try receive(frame.payload.method)
        case AMQP_FRAME_HEADER:
            guard let decoded = frame.payload.properties.decoded, incoming != nil else { throw ConnectionLost(reason: "a header without its method") }
            incoming?.begin(
                decoder.decode(decoded.assumingMemoryBound(to: amqp_basic_properties_t.self).pointee), size: frame.payload.properties.body_size)
            try completeMessage()
        case AMQP_FRAME_BODY:
            let fragment = frame.payload.body_fragment
            incoming?.append(UnsafeRawBufferPointer(start: fragment.bytes, count: fragment.len))
            try completeMessage()
        default: break
        }
    }

    private func receive(_ method: amqp_method_t) throws {
        switch method.id {
        case AMQP_BASIC_DELIVER_METHOD:
            let deliver = try method.fields(as: amqp_basic_deliver_t.self)
            expect(deliver.delivery_tag, deliver.redelivered, deliver.exchange, deliver.routing_key)
        case AMQP_BASIC_GET_OK_METHOD:
            let got = try method.fields(as: amqp_basic_get_ok_t.self)
            expect(got.delivery_tag, got.redelivered, got.exchange, got.routing_key)
        case AMQP_BASIC_RETURN_METHOD:
            let returned = try method.fields(as: amqp_basic_return_t.self)
            let envelope = Envelope(
                deliveryTag: 0, redelivered: false, exchange: exchange.string(returned.exchange), routingKey: routingKey.string(returned.routing_key))
            incoming = IncomingMessage(envelope, reply: (code: Int(returned.reply_code), text: String(wire: returned.reply_text)))
        case AMQP_CHANNEL_OPEN_OK_METHOD:
            if phase == .opening { phase = .open }
        case AMQP_CHANNEL_CLOSE_METHOD:
            let close = try method.fields(as: amqp_channel_close_t.self)
            let error = session.supervisor.error(code: Int(close.reply_code), text: String(wire: close.reply_text))
            try writer.method(AMQP_CHANNEL_CLOSE_OK_METHOD, amqp_channel_close_ok_t(), channel: number)
            try closed(error)
        case AMQP_CHANNEL_CLOSE_OK_METHOD: try closed(nil)
        default:
            if phase == .open { try didReceive(method) }
        }
    }

    private func expect(_ tag: UInt64, _ redelivered: amqp_boolean_t, _ exchange: amqp_bytes_t, _ routingKey: amqp_bytes_t) {
        let envelope = Envelope(
            deliveryTag: tag, redelivered: redelivered != 0, exchange: self.exchange.string(exchange), routingKey: self.routingKey.string(routingKey))
        incoming = IncomingMessage(envelope, reply: nil)
        tracker.delivered = tag
    }

    private func completeMessage() throws {
        guard incoming?.isComplete == true, let message = incoming.take() else { return }
        if phase == .open { try didReceive(message) }
    }

    private func closed(_ error: AMQPError?) throws {
        phase = .closed
        incoming = nil
        tracker = AckTracker()
        try didClose(error)
    }

    /// Takes a settlement; it is sent at once or with the next `flushSettlements()`.
    func settle(_ tag: UInt64, _ verdict: Disposition) throws {
        guard phase == .open else { return }
        tracker.settle(tag, verdict, into: &frames)
        if !frames.isEmpty { try sendSettlements() }
    }

    func flushSettlements() throws {
        guard phase == .open else { return }
        tracker.flush(into: &frames)
        try sendSettlements()
    }

    private func sendSettlements() throws {
        for frame in frames {
            switch frame {
            case .ack(let tag, let multiple):
                try writer.method(AMQP_BASIC_ACK_METHOD, amqp_basic_ack_t(delivery_tag: tag, multiple: multiple ? 1 : 0), channel: number)
            case .nack(let tag, let multiple, let requeue):
                let nack = amqp_basic_nack_t(delivery_tag: tag, multiple: multiple ? 1 : 0, requeue: requeue ? 1 : 0)
                try writer.method(AMQP_BASIC_NACK_METHOD, nack, channel: number)
            }
        }
        frames.removeAll(keepingCapacity: true)
    }
}

extension amqp_method_t {
    /// The method's decoded fields.
    func fields<Fields>(as type: Fields.Type) throws -> Fields {
        guard let decoded else { throw ConnectionLost(reason: "a method without fields") }
        return decoded.assumingMemoryBound(to: type).pointee
    }
}
