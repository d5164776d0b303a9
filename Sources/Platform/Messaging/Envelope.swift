import AMQP
import Contracts
import FoundationEssentials

/// What the platform needs to know of a message before it knows what it means: a CloudEvent 1.0 in structured mode, or a hand-made message.
///
/// People publish by hand. So an event may be the bare data object with the AMQP `message_id` as its id, and a tick may be empty (see ``IncomingTick``).
public struct Envelope: Sendable {
    /// The identity by which the inbox drops a second copy.
    public let id: String
    /// What happened, without the wire's prefix.
    public let type: MessageType
    /// The data object's bytes.
    public let data: ArraySlice<UInt8>
    /// The `traceparent` it came with.
    public let trace: TraceContext?

    /// Reads a delivery of an event queue.
    /// - Throws: ``Unreadable`` saying what is wrong with it; such a message never becomes readable by waiting.
    public init(_ delivery: AMQPDelivery) throws(Unreadable) {
        guard let spans = JSONSpans(delivery.body) else { throw Unreadable("the body is not a JSON object") }
        let trace = delivery.headers["traceparent"]?.string ?? spans.string("traceparent")
        self.trace = trace.flatMap(TraceContext.init(traceparent:))
        guard let version = spans.string("specversion") else {
            guard let id = delivery.properties.messageID, !id.isEmpty else {
                throw Unreadable("the body is no CloudEvent, and the message has no message_id to know it by")
            }
            self.id = id
            self.type = MessageType(rawValue: Self.originalRoutingKey(delivery))
            self.data = delivery.body[...]
            return
        }
        guard version == "1.0" else { throw Unreadable("specversion is \(version), but must be 1.0") }
        guard let id = spans.string("id"), !id.isEmpty else { throw Unreadable("the CloudEvent has no id") }
        guard let wireType = spans.string("type") else { throw Unreadable("the CloudEvent has no type") }
        guard let type = MessageType(wireType: wireType) else {
            throw Unreadable("the type \(wireType) does not begin with \(MessageType.wirePrefix)")
        }
        self.id = id
        self.type = type
        self.data = spans.value("data") ?? []
    }

    /// The key a message was published with, also after it went through a delay queue or the parking.
    static func originalRoutingKey(_ delivery: AMQPDelivery) -> String {
        delivery.headers[MessageHeader.routingKey]?.string ?? delivery.routingKey
    }

    /// A message that cannot be read, and why.
    public struct Unreadable: Error, CustomStringConvertible {
        /// The reason, for the person who looks at the parked message.
        public let description: String
        init(_ reason: String) { description = reason }
    }
}
