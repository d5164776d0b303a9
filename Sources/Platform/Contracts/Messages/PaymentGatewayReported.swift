import FoundationEssentials

/// The payment gateway reported the status of a transaction. Published by other systems.
public struct PaymentGatewayReported: Message {
    /// `payment.gateway-reported`
    public static let type = MessageType.paymentGatewayReported

    /// The status of a transaction at the gateway.
    public enum Status: String, Codable, Sendable, CaseIterable {
        case success, failed, abandoned, pending
    }

    /// The gateway's reference of the transaction.
    public let reference: String
    /// The status.
    public let status: Status
    /// Minor units of the currency.
    public let amount: Int
    /// ISO 4217.
    public let currency: String
    /// When the transaction entered this status.
    public let occurredAt: Date

    /// The data of such a message.
    public init(reference: String, status: Status, amount: Int, currency: String, occurredAt: Date) {
        self.reference = reference
        self.status = status
        self.amount = amount
        self.currency = currency
        self.occurredAt = occurredAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        reference = try data.reference("reference")
        status = try data.choice("status")
        amount = try data.amount("amount")
        currency = try data.currency("currency", ignoringCase: true)
        occurredAt = try data.instant("occurredAt")
    }
}
