import FoundationEssentials

/// The holder of a booking was reminded of its event.
public struct BookingReminded: Message {
    /// `booking.reminded`
    public static let type = MessageType.bookingReminded

    /// Which reminder it was.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// On the day before the event.
        case dayBefore = "day-before"
        /// A week before the event.
        case weekBefore = "week-before"
    }

    /// The booking.
    public let bookingId: Int
    /// Which reminder.
    public let kind: Kind
    /// When the mail was handed in.
    public let remindedAt: Date

    /// The data of such a message.
    public init(bookingId: Int, kind: Kind, remindedAt: Date) {
        self.bookingId = bookingId
        self.kind = kind
        self.remindedAt = remindedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        bookingId = try data.id("bookingId")
        kind = try data.choice("kind")
        remindedAt = try data.instant("remindedAt")
    }
}
