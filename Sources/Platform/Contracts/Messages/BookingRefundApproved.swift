import FoundationEssentials

/// The refund policy granted a refund; the payments service executes it.
public struct BookingRefundApproved: Message {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "booking.refund-approved")

    /// The booking.
    public let bookingId: Int
    /// The user.
    public let userId: Int
    /// What goes back.
    public let money: Money
    /// When it was granted.
    public let approvedAt: Date

    /// The data of such a message.
    public init(bookingId: Int, userId: Int, money: Money, approvedAt: Date) {
        self.bookingId = bookingId
        self.userId = userId
        self.money = money
        self.approvedAt = approvedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        bookingId = try data.id("bookingId")
        userId = try data.id("userId")
        money = try Money(data, atLeast: 1)
        approvedAt = try data.instant("approvedAt")
    }

    /// Writes the members of the money beside its own.
    public func encode(to encoder: any Encoder) throws {
        try money.encode(to: encoder)
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(bookingId, forKey: .bookingId)
        try members.encode(userId, forKey: .userId)
        try members.encode(approvedAt, forKey: .approvedAt)
    }

    private enum CodingKeys: CodingKey {
        case bookingId, userId, approvedAt
    }
}
