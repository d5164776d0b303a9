import FoundationEssentials

/// A payment was received.
public struct PaymentSucceeded: Message {
    /// `payment.succeeded`
    public static let type = MessageType.paymentSucceeded

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
    /// When the gateway received the money.
    public let paidAt: Date

    /// The data of such a message.
    public init(paymentId: Int, bookingId: Int, userId: Int, amount: Int, currency: String, paidAt: Date) {
        self.paymentId = paymentId
        self.bookingId = bookingId
        self.userId = userId
        self.amount = amount
        self.currency = currency
        self.paidAt = paidAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        paymentId = try data.id("paymentId")
        bookingId = try data.id("bookingId")
        userId = try data.id("userId")
        amount = try data.amount("amount")
        currency = try data.currency("currency")
        paidAt = try data.instant("paidAt")
    }
}
