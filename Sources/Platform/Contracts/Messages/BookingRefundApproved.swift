import FoundationEssentials

/// The refund policy granted a refund; the payments service executes it.
public struct BookingRefundApproved: Message {
    /// `booking.refund-approved`
    public static let type = MessageType.bookingRefundApproved

    /// The booking.
    public let bookingId: Int
    /// The user.
    public let userId: Int
    /// Minor units of the currency.
    public let amount: Int
    /// ISO 4217.
    public let currency: String
    /// When it was granted.
    public let approvedAt: Date

    /// The data of such a message.
    public init(bookingId: Int, userId: Int, amount: Int, currency: String, approvedAt: Date) {
        self.bookingId = bookingId
        self.userId = userId
        self.amount = amount
        self.currency = currency
        self.approvedAt = approvedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        bookingId = try data.id("bookingId")
        userId = try data.id("userId")
        amount = try data.amount("amount", atLeast: 1)
        currency = try data.currency("currency")
        approvedAt = try data.instant("approvedAt")
    }
}
