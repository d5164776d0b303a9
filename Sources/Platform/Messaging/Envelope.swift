import AMQP
import Contracts
import FoundationEssentials

/// What the platform needs to know of a message before its data is decoded: a CloudEvent 1.0 in structured or binary
/// mode, or a hand-made message.
///
/// People publish by hand, so an event may be the bare data object with the AMQP `message_id` as its id, and a tick may
/// be empty (see ``IncomingTick``). An event is identified by its source and its id together (CloudEvents 1.0, section
/// 3.1).
public struct Envelope: Sendable {
    /// The most bytes of an id or a source: the inbox has both in one index, and PostgreSQL limits an index entry to
    /// 2,704 bytes.
    public static let longest = 500

    /// Unique within its source.
    public let id: String
    /// The publisher's name for itself.
    public let source: String
    /// What happened, without the prefix that types have in CloudEvents.
    public let type: MessageType
    /// The data object's bytes.
    public let data: ArraySlice<UInt8>
    /// The `traceparent` of the message.
    public let trace: TraceContext?

    /// Reads a delivery of an event queue.
    /// - Throws: ``Unreadable`` with the reason; such a message does not become readable by waiting.
    public init(_ delivery: AMQPDelivery) throws(Unreadable) {
        let body = Self.body(of: delivery)
        guard let spans = JSONObjectScanner(body) else { throw Unreadable(Self.whyUnreadable(delivery)) }
        let prefix = Self.binaryModePrefix(delivery)
        func attribute(_ name: String) -> String? {
            if let prefix { delivery.headers[prefix + name]?.string } else { spans.string(name) }
        }
        let trace = delivery.headers[MessageHeader.traceparent]?.string ?? attribute("traceparent")
        self.trace = trace.flatMap(TraceContext.init(traceparent:))
        guard let version = attribute("specversion") else {
            if let prefix { throw Unreadable("the header \(prefix)specversion is not a string") }
            guard let id = delivery.properties.messageID, !id.isEmpty else {
                throw Unreadable("the body is no CloudEvent, and the message has no message_id to know it by")
            }
            self.id = try Self.checked(id, "message_id")
            self.source = try Self.checked(Self.publisher(of: delivery), "publisher's name")
            self.type = MessageType(rawValue: Self.originalRoutingKey(delivery))
            self.data = body
            return
        }
        guard version == "1.0" else { throw Unreadable("specversion is \(version), but must be 1.0") }
        guard let id = attribute("id"), !id.isEmpty else { throw Unreadable("the CloudEvent has no id") }
        guard let source = attribute("source"), !source.isEmpty else { throw Unreadable("the CloudEvent has no source") }
        guard let wireType = attribute("type") else { throw Unreadable("the CloudEvent has no type") }
        guard let type = MessageType(wireType: wireType) else {
            throw Unreadable("the type \(wireType) does not begin with \(MessageType.wirePrefix)")
        }
        self.id = try Self.checked(id, "id")
        self.source = try Self.checked(source, "source")
        self.type = type
        self.data = prefix == nil ? spans.value("data") ?? [] : body
    }

    /// Rejects an identity that PostgreSQL cannot store.
    static func checked(_ text: String, _ name: String) throws(Unreadable) -> String {
        guard !text.utf8.contains(0) else { throw Unreadable("the \(name) contains NUL, which PostgreSQL cannot store") }
        guard text.utf8.count <= longest else {
            throw Unreadable("the \(name) has \(text.utf8.count) bytes, but must have at most \(longest)")
        }
        return text
    }

    /// The routing key that a message was first published with, also after it went through a delay queue or was parked.
    static func originalRoutingKey(_ delivery: AMQPDelivery) -> String {
        MessageHeader.name(MessageHeader.routingKey, in: delivery.headers) ?? delivery.routingKey
    }

    /// The source of a bare data object: the broker's user or the application that published it. Our copies have it in
    /// a header, because the broker does not let a service publish with the name of another user.
    static func publisher(of delivery: AMQPDelivery) -> String {
        let properties = delivery.properties
        let names = [MessageHeader.name(MessageHeader.source, in: properties.headers), properties.userID, properties.appID]
        return names.lazy.compactMap { $0 }.first { !$0.isEmpty } ?? "by-hand"
    }

    /// A message that cannot be read, and why.
    public struct Unreadable: Error, CustomStringConvertible {
        /// The reason, for the person who looks at the parked message.
        public let description: String
        init(_ reason: String) { description = reason }
    }
}
