import FoundationEssentials

/// A booking was refunded.
public struct BookingRefunded: Message {
    /// `booking.refunded`
    public static let type = MessageType.bookingRefunded

    /// The booking.
    public let bookingId: Int
    /// The event it was for.
    public let eventId: Int
    /// The user.
    public let userId: Int
    /// How many tickets it held.
    public let quantity: Int
    /// Minor units of the currency.
    public let amount: Int
    /// ISO 4217.
    public let currency: String
    /// When the gateway accepted the refund.
    public let refundedAt: Date

    /// The data of such a message.
    public init(bookingId: Int, eventId: Int, userId: Int, quantity: Int, amount: Int, currency: String, refundedAt: Date) {
        self.bookingId = bookingId
        self.eventId = eventId
        self.userId = userId
        self.quantity = quantity
        self.amount = amount
        self.currency = currency
        self.refundedAt = refundedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        bookingId = try data.id("bookingId")
        eventId = try data.id("eventId")
        userId = try data.id("userId")
        quantity = try data.integer("quantity", in: 1...Int.max)
        amount = try data.amount("amount", atLeast: 1)
        currency = try data.currency("currency")
        refundedAt = try data.instant("refundedAt")
    }
}
