/// An organizer called an event off. From outside.
public struct EventCancelled: Message {
    /// `event.cancelled`
    public static let type = MessageType.eventCancelled

    /// The event.
    public let eventId: Int
    /// Why, for the customers to read.
    public let reason: String
    /// Whether it counts for an event that is over as well; nil for no.
    public let force: Bool?

    /// The data of such a message.
    public init(eventId: Int, reason: String, force: Bool? = nil) {
        self.eventId = eventId
        self.reason = reason
        self.force = force
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        eventId = try data.id("eventId")
        reason = try data.reason("reason")
        force = data.has("force") ? try data.boolean("force") : nil
    }
}
