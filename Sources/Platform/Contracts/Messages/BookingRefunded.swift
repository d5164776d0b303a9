import FoundationEssentials

/// A booking was refunded.
public struct BookingRefunded: Message {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "booking.refunded")

    /// The booking.
    public let bookingId: Int
    /// The event it was for.
    public let eventId: Int
    /// The user.
    public let userId: Int
    /// How many tickets it held.
    public let quantity: Int
    /// What is back.
    public let money: Money
    /// When the gateway accepted the refund.
    public let refundedAt: Date

    /// The data of such a message.
    public init(bookingId: Int, eventId: Int, userId: Int, quantity: Int, money: Money, refundedAt: Date) {
        self.bookingId = bookingId
        self.eventId = eventId
        self.userId = userId
        self.quantity = quantity
        self.money = money
        self.refundedAt = refundedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        bookingId = try data.id("bookingId")
        eventId = try data.id("eventId")
        userId = try data.id("userId")
        quantity = try data.integer("quantity", in: 1...Int.max)
        money = try Money(data, atLeast: 1)
        refundedAt = try data.instant("refundedAt")
    }

    /// Writes the members of the money beside its own.
    public func encode(to encoder: any Encoder) throws {
        try money.encode(to: encoder)
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(bookingId, forKey: .bookingId)
        try members.encode(eventId, forKey: .eventId)
        try members.encode(userId, forKey: .userId)
        try members.encode(quantity, forKey: .quantity)
        try members.encode(refundedAt, forKey: .refundedAt)
    }

    private enum CodingKeys: CodingKey {
        case bookingId, eventId, userId, quantity, refundedAt
    }
}
