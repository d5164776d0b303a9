import FoundationEssentials

/// A person decided about a payment on which the gateway and the books do not agree, or whose refund the gateway refused. From outside.
public struct PaymentDecided: Message {
    /// `payment.decided`
    public static let type = MessageType.paymentDecided

    /// What becomes of the money.
    public enum Decision: String, Codable, Sendable, CaseIterable {
        /// What the gateway took pays for the booking.
        case accept
        /// Whatever the gateway took or will take goes back, and the booking is cancelled; a refund that it refused is asked for again.
        case giveBack = "give-back"
    }

    /// The transaction, as the gateway knows it.
    public let reference: String
    /// What becomes of it.
    public let decision: Decision
    /// Who decided.
    public let decidedBy: String
    /// When.
    public let decidedAt: Date

    /// The data of such a message.
    public init(reference: String, decision: Decision, decidedBy: String, decidedAt: Date) {
        self.reference = reference
        self.decision = decision
        self.decidedBy = decidedBy
        self.decidedAt = decidedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        reference = try data.reference("reference")
        decision = try data.choice("decision")
        decidedBy = try data.reference("decidedBy")
        decidedAt = try data.instant("decidedAt")
    }
}
