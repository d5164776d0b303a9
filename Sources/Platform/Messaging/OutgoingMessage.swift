import AMQP
import Contracts
import FoundationEssentials

/// A message to be published: a row of the outbox.
public struct OutgoingMessage: Sendable {
    /// The exchange.
    public let exchange: String
    /// The routing key.
    public let routingKey: String
    /// What it is called in logs and counts: the type of an event, the job of a trigger.
    public let subject: String
    /// The CloudEvent's id and AMQP `message_id`.
    public let id: String
    /// The trace that caused it.
    public let traceparent: String
    /// The CloudEvent, structured mode.
    public let body: String

    /// An event for all queues that are bound to its type.
    public init<M: Message>(_ message: M, from source: String, at now: Date, id: String = OutgoingMessage.newID()) throws {
        try self.init(message, exchange: Exchange.events, routingKey: M.type.rawValue, from: source, at: now, id: id)
    }

    /// A message for one exchange and key.
    /// - Parameter subject: By default the routing key.
    public init<M: Message>(
        _ message: M, exchange: String, routingKey: String, subject: String? = nil, from source: String, at now: Date, id: String
    ) throws {
        let data = String(decoding: try WireCoding.encode(message), as: UTF8.self)
        self.init(type: M.type, data: data, exchange: exchange, routingKey: routingKey, subject: subject, from: source, at: now, id: id)
    }

    /// A message whose data is JSON already.
    public init(
        type: MessageType, data: String, exchange: String, routingKey: String, subject: String? = nil, from source: String, at now: Date, id: String
    ) {
        let trace = (TraceContext.current?.child() ?? TraceContext()).traceparent
        self.exchange = exchange
        self.routingKey = routingKey
        self.subject = subject ?? routingKey
        self.id = id
        self.traceparent = trace
        self.body = """
            {"specversion":"1.0","id":\(JSONText.quoted(id)),"source":"/\(source)","type":"\(type.wireType)","time":"\(RFC3339.string(from: now))",\
            "datacontenttype":"application/json","traceparent":"\(trace)","data":\(data)}
            """
    }

    /// The message as it is published to the broker.
    public var amqp: AMQPMessage { AMQPMessage(cloudEvent: body, id: id, traceparent: traceparent, exchange: exchange, routingKey: routingKey) }

    /// A fresh id: a version 7 UUID (RFC 9562), so that ids of one time lie together in an index.
    public static func newID(at now: Date = Date()) -> String {
        let milliseconds = UInt64(max(0, now.timeIntervalSince1970 * 1000))
        let high = milliseconds << 16 | 0x7000 | RandomBits.next() & 0xFFF
        let low = RandomBits.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        var text: [UInt8] = []
        text.reserveCapacity(36)
        Hexadecimal.append(high >> 32, digits: 8, to: &text)
        for (word, digits) in [(high >> 16, 4), (high, 4), (low >> 48, 4), (low, 12)] {
            text.append(UInt8(ascii: "-"))
            Hexadecimal.append(word, digits: digits, to: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension AMQPMessage {
    /// A CloudEvent in structured mode: persistent, its id as `message_id`, its trace in the headers.
    init(cloudEvent body: String, id: String, traceparent: String?, exchange: String, routingKey: String) {
        var properties = AMQPProperties(contentType: "application/cloudevents+json", messageID: id)
        if let traceparent { properties.headers[MessageHeader.traceparent] = .string(traceparent) }
        self.init(exchange: exchange, routingKey: routingKey, properties: properties, body: Array(body.utf8))
    }
}
