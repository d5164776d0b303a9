import FoundationEssentials

/// A booking no longer holds tickets.
public struct BookingCancelled: Message {
    /// `booking.cancelled`
    public static let type = MessageType.bookingCancelled

    /// The booking.
    public let bookingId: Int
    /// The event it was for.
    public let eventId: Int
    /// The user.
    public let userId: Int
    /// How many tickets it held.
    public let quantity: Int
    /// Why.
    public let reason: String
    /// When it was cancelled.
    public let cancelledAt: Date

    /// The data of such a message.
    public init(bookingId: Int, eventId: Int, userId: Int, quantity: Int, reason: String, cancelledAt: Date) {
        self.bookingId = bookingId
        self.eventId = eventId
        self.userId = userId
        self.quantity = quantity
        self.reason = reason
        self.cancelledAt = cancelledAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        bookingId = try data.id("bookingId")
        eventId = try data.id("eventId")
        userId = try data.id("userId")
        quantity = try data.integer("quantity", in: 1...Int.max)
        reason = try data.reason("reason")
        cancelledAt = try data.instant("cancelledAt")
    }
}
