import FoundationEssentials

/// The payment gateway reported the status of a transaction. Published by other systems.
public struct PaymentGatewayReported: Message {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "payment.gateway-reported")

    /// The status of a transaction at the gateway.
    public enum Status: String, Codable, Sendable, CaseIterable {
        case success, failed, abandoned, pending
    }

    /// The gateway's reference of the transaction.
    public let reference: String
    /// The status.
    public let status: Status
    /// What the gateway took or would take.
    public let money: Money
    /// When the transaction entered this status.
    public let occurredAt: Date

    /// The data of such a message.
    public init(reference: String, status: Status, money: Money, occurredAt: Date) {
        self.reference = reference
        self.status = status
        self.money = money
        self.occurredAt = occurredAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        reference = try data.reference("reference")
        status = try data.choice("status")
        money = try Money(data, ignoringCase: true)
        occurredAt = try data.instant("occurredAt")
    }

    /// Writes the members of the money beside its own.
    public func encode(to encoder: any Encoder) throws {
        try money.encode(to: encoder)
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(reference, forKey: .reference)
        try members.encode(status, forKey: .status)
        try members.encode(occurredAt, forKey: .occurredAt)
    }

    private enum CodingKeys: CodingKey {
        case reference, status, occurredAt
    }
}
