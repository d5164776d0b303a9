import FoundationEssentials

/// A refund failed for good; a person has to look at it.
public struct PaymentRefundFailed: Message {
    /// `payment.refund-failed`
    public static let type = MessageType.paymentRefundFailed

    /// The payment.
    public let paymentId: Int
    /// The booking it pays.
    public let bookingId: Int
    /// The user.
    public let userId: Int
    /// Minor units of the currency.
    public let amount: Int
    /// ISO 4217.
    public let currency: String
    /// Why.
    public let reason: String
    /// When the last attempt failed.
    public let failedAt: Date

    /// The data of such a message.
    public init(paymentId: Int, bookingId: Int, userId: Int, amount: Int, currency: String, reason: String, failedAt: Date) {
        self.paymentId = paymentId
        self.bookingId = bookingId
        self.userId = userId
        self.amount = amount
        self.currency = currency
        self.reason = reason
        self.failedAt = failedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        paymentId = try data.id("paymentId")
        bookingId = try data.id("bookingId")
        userId = try data.id("userId")
        amount = try data.amount("amount", atLeast: 1)
        currency = try data.currency("currency")
        reason = try data.reason("reason")
        failedAt = try data.instant("failedAt")
    }
}
