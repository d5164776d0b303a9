/// A message while its frames come in.
struct IncomingMessage {
    let envelope: Envelope
    /// Why it came back, for one that we published.
    let reply: (code: Int, text: String)?
    private(set) var properties = AMQPProperties()
    private(set) var body: [UInt8] = []
    private var size: Int?

    init(_ envelope: Envelope, reply: (code: Int, text: String)?) {
        self.envelope = envelope
        self.reply = reply
    }

    var isComplete: Bool { body.count == size }

    mutating func begin(_ properties: AMQPProperties, size: UInt64) {
        self.properties = properties
        self.size = Int(clamping: size)
    }

    mutating func append(_ piece: UnsafeRawBufferPointer) {
        if body.isEmpty {
            // Nearly always the whole body. Otherwise room for all of it, unless it is absurd.
            if piece.count != size { body.reserveCapacity(min(size ?? 0, 256 << 20)) }
            if piece.count == size { body = [UInt8](piece) } else { body.append(contentsOf: piece) }
        } else {
            body.append(contentsOf: piece)
        }
    }
}
