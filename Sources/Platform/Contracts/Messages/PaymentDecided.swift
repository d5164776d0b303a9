import FoundationEssentials

/// A person decided about a payment on which the gateway and the database disagree, or whose refund the gateway
/// refused. Published by operators.
public struct PaymentDecided: Message {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "payment.decided")

    /// The decision about the money.
    public enum Decision: String, Codable, Sendable, CaseIterable {
        /// The money that the gateway received pays for the booking.
        case accept
        /// All money that the gateway received or will receive is refunded, and the booking is cancelled; a refund that
        /// the gateway refused is requested again.
        case giveBack = "give-back"
    }

    /// The gateway's reference of the transaction.
    public let reference: String
    /// The decision.
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
