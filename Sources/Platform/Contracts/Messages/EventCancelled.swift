/// An organizer cancelled an event. Published by other systems.
public struct EventCancelled: Message {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "event.cancelled")

    /// The event.
    public let eventId: Int
    /// Why, for the customers to read.
    public let reason: String
    /// Whether it also applies to an event that is over; nil means no.
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
