import FoundationEssentials

/// A payment was refunded to the customer.
public struct PaymentRefunded: PaymentMessage {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "payment.refunded")

    /// The cause of a refund.
    public enum Cause: String, Codable, Sendable, CaseIterable {
        /// The refund policy granted it.
        case approved
        /// The money arrived after the payment had been given up.
        case late
        /// The booking had been paid already.
        case double
    }

    /// The payment, and the money that is back.
    public let payment: PaymentDetails
    /// The cause of the refund.
    public let cause: Cause
    /// When the gateway accepted the refund.
    public let refundedAt: Date

    /// The data of such a message.
    public init(_ payment: PaymentDetails, cause: Cause, refundedAt: Date) {
        self.payment = payment
        self.cause = cause
        self.refundedAt = refundedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        payment = try PaymentDetails(data, atLeast: 1)
        cause = try data.choice("cause")
        refundedAt = try data.instant("refundedAt")
    }

    /// Writes the members of the payment beside its own.
    public func encode(to encoder: any Encoder) throws {
        try payment.encode(to: encoder)
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(cause, forKey: .cause)
        try members.encode(refundedAt, forKey: .refundedAt)
    }

    private enum CodingKeys: CodingKey {
        case cause, refundedAt
    }
}
