import CRabbitMQ

/// Writes messages to a channel; a body that is longer than a frame goes piece by piece, so that the rest of the connection has its turn.
final class MessageWriter {
    private let frames: FrameWriter
    private let channel: UInt16
    private let arena = Arena()
    /// What is left of the body under way.
    private var partial: (body: [UInt8], offset: Int)?

    /// Bytes written before the session looks after its other work.
    private static let quota = 512 * 1024

    init(_ frames: FrameWriter, channel: UInt16) {
        self.frames = frames
        self.channel = channel
    }

    /// Whether a message is written in part: nothing else may go to the channel before its last piece, not even a close.
    var isInsideMessage: Bool { partial != nil }

    /// Writes as far as the socket takes it; true when it could go on at once.
    /// - Parameter next: writes what comes behind the body under way, and returns about how many bytes that were; nil when there is nothing.
    func pump(_ next: () throws -> Int?) throws -> Bool {
        var written = 0
        while written < Self.quota {
            if !frames.hasRoom {
                try frames.flush()
                guard frames.hasRoom else { return false }
            }
            guard let bytes = try isInsideMessage ? writePiece() : next() else { return false }
            written += bytes
        }
        return true
    }

    /// Writes a message, of a long one the beginning; returns about how many bytes that were.
    func write(_ message: AMQPMessage, mandatory: Bool) throws -> Int {
        defer { arena.recycle() }
        var publish = amqp_basic_publish_t()
        publish.exchange = arena.bytes(message.exchange)
        publish.routing_key = arena.bytes(message.routingKey)
        publish.mandatory = mandatory ? 1 : 0
        try frames.method(AMQP_BASIC_PUBLISH_METHOD, publish, channel: channel)
        try frames.header(arena.properties(message.properties), bodySize: message.body.count, channel: channel)
        if message.body.count > frames.bodyLimit {
            partial = (message.body, 0)
        } else if !message.body.isEmpty {
            try message.body.withUnsafeBytes { try frames.body($0, channel: channel) }
        }
        return message.body.count + 128
    }

    /// Writes the next piece of the body under way; returns its length.
    private func writePiece() throws -> Int? {
        guard let (body, offset) = partial else { return nil }
        let end = min(body.count, offset + frames.bodyLimit)
        try body.withUnsafeBytes { try frames.body(UnsafeRawBufferPointer(rebasing: $0[offset..<end]), channel: channel) }
        partial = end == body.count ? nil : (body, end)
        return end - offset
    }

    /// Forgets the body under way: the channel is gone.
    func reset() { partial = nil }
}
