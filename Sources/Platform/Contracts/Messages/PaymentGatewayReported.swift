import FoundationEssentials

/// The payment gateway told how a transaction went. From outside.
public struct PaymentGatewayReported: Message {
    /// `payment.gateway-reported`
    public static let type = MessageType.paymentGatewayReported

    /// How a transaction stands at the gateway.
    public enum Status: String, Codable, Sendable, CaseIterable {
        case success, failed, abandoned, pending
    }

    /// The transaction, as the gateway knows it.
    public let reference: String
    /// How it stands.
    public let status: Status
    /// Minor units of the currency.
    public let amount: Int
    /// ISO 4217.
    public let currency: String
    /// When it came to stand so.
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
