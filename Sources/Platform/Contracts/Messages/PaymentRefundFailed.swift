import FoundationEssentials

/// A refund failed for good; a person has to look at it.
public struct PaymentRefundFailed: PaymentMessage {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "payment.refund-failed")

    /// The payment, and the money that is not back.
    public let payment: PaymentDetails
    /// Why.
    public let reason: String
    /// When the last attempt failed.
    public let failedAt: Date

    /// The data of such a message.
    public init(_ payment: PaymentDetails, reason: String, failedAt: Date) {
        self.payment = payment
        self.reason = reason
        self.failedAt = failedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        payment = try PaymentDetails(data, atLeast: 1)
        reason = try data.reason("reason")
        failedAt = try data.instant("failedAt")
    }

    /// Writes the members of the payment beside its own.
    public func encode(to encoder: any Encoder) throws {
        try payment.encode(to: encoder)
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(reason, forKey: .reason)
        try members.encode(failedAt, forKey: .failedAt)
    }

    private enum CodingKeys: CodingKey {
        case reason, failedAt
    }
}
