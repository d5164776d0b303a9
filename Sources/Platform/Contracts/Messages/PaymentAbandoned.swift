import FoundationEssentials

/// A payment was begun and never sent to the gateway.
public struct PaymentAbandoned: PaymentMessage {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "payment.abandoned")

    /// The payment.
    public let payment: PaymentDetails
    /// When it was abandoned.
    public let abandonedAt: Date

    /// The data of such a message.
    public init(_ payment: PaymentDetails, abandonedAt: Date) {
        self.payment = payment
        self.abandonedAt = abandonedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        payment = try PaymentDetails(data)
        abandonedAt = try data.instant("abandonedAt")
    }

    /// Writes the members of the payment beside its own.
    public func encode(to encoder: any Encoder) throws {
        try payment.encode(to: encoder)
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(abandonedAt, forKey: .abandonedAt)
    }

    private enum CodingKeys: CodingKey {
        case abandonedAt
    }
}
