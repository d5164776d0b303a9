public import FoundationEssentials

/// The properties that travel with a message (`basic` class of AMQP 0-9-1). Strings have at most 255 bytes.
public struct AMQPProperties: Sendable, Equatable {
    /// MIME type of the body.
    public var contentType: String?
    /// Encoding of the body, `gzip` say.
    public var contentEncoding: String?
    /// Application headers.
    public var headers: AMQPTable = [:]
    /// Whether the broker keeps the message through a restart (delivery mode 2).
    public var persistent: Bool = true
    /// Priority, 0 to 9, for a queue with priorities.
    public var priority: UInt8?
    /// Id of the message that this one answers.
    public var correlationID: String?
    /// Queue that waits for an answer.
    public var replyTo: String?
    /// Time after which the broker drops the message, in whole milliseconds on the wire. What a peer sent that is no number reads as `nil`.
    public var expiration: Duration?
    /// Id of the message.
    public var messageID: String?
    /// When the message was made, in whole seconds on the wire.
    public var timestamp: Date?
    /// Type of the message.
    public var type: String?
    /// The publishing user; the broker refuses a name that is not the connection's.
    public var userID: String?
    /// The publishing application.
    public var appID: String?

    /// Properties of a persistent message; set the others one by one.
    public init(contentType: String? = nil, messageID: String? = nil, headers: AMQPTable = [:], persistent: Bool = true) {
        self.contentType = contentType
        self.messageID = messageID
        self.headers = headers
        self.persistent = persistent
    }
}
