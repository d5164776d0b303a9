import FoundationEssentials

/// A payment was received.
public struct PaymentSucceeded: PaymentMessage {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "payment.succeeded")

    /// The payment.
    public let payment: PaymentDetails
    /// When the gateway received the money.
    public let paidAt: Date

    /// The data of such a message.
    public init(_ payment: PaymentDetails, paidAt: Date) {
        self.payment = payment
        self.paidAt = paidAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        payment = try PaymentDetails(data)
        paidAt = try data.instant("paidAt")
    }

    /// Writes the members of the payment beside its own.
    public func encode(to encoder: any Encoder) throws {
        try payment.encode(to: encoder)
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(paidAt, forKey: .paidAt)
    }

    private enum CodingKeys: CodingKey {
        case paidAt
    }
}
