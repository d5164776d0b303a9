/// An organizer called an event off. From outside.
public struct EventCancelled: Message {
    /// `event.cancelled`
    public static let type = MessageType.eventCancelled

    /// The event.
    public let eventId: Int
    /// Why, for the customers to read.
    public let reason: String

    /// The data of such a message.
    public init(eventId: Int, reason: String) {
        self.eventId = eventId
        self.reason = reason
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        eventId = try data.id("eventId")
        reason = try data.reason("reason")
    }
}
