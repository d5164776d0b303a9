import FoundationEssentials

/// A payment was refunded to the customer.
public struct PaymentRefunded: Message {
    /// `payment.refunded`
    public static let type = MessageType.paymentRefunded

    /// The cause of a refund.
    public enum Cause: String, Codable, Sendable, CaseIterable {
        /// The refund policy granted it.
        case approved
        /// The money arrived after the payment had been given up.
        case late
        /// The booking had been paid already.
        case double
    }

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
    /// The cause of the refund.
    public let cause: Cause
    /// When the gateway accepted the refund.
    public let refundedAt: Date

    /// The data of such a message.
    public init(paymentId: Int, bookingId: Int, userId: Int, amount: Int, currency: String, cause: Cause, refundedAt: Date) {
        self.paymentId = paymentId
        self.bookingId = bookingId
        self.userId = userId
        self.amount = amount
        self.currency = currency
        self.cause = cause
        self.refundedAt = refundedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        paymentId = try data.id("paymentId")
        bookingId = try data.id("bookingId")
        userId = try data.id("userId")
        amount = try data.amount("amount", atLeast: 1)
        currency = try data.currency("currency")
        cause = try data.choice("cause")
        refundedAt = try data.instant("refundedAt")
    }
}
