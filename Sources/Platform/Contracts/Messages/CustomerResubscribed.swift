import FoundationEssentials

/// A customer wants campaign mails again after having unsubscribed.
public struct CustomerResubscribed: Message {
    /// `customer.resubscribed`
    public static let type = MessageType(rawValue: "customer.resubscribed")

    /// The customer.
    public let userId: Int
    /// Which mails; after `all` was unsubscribed from, the others stay off.
    public let scope: SubscriptionScope
    /// Since when.
    public let resubscribedAt: Date

    /// The data of such a message.
    public init(userId: Int, scope: SubscriptionScope, resubscribedAt: Date) {
        self.userId = userId
        self.scope = scope
        self.resubscribedAt = resubscribedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        userId = try data.id("userId")
        scope = try data.choice("scope")
        resubscribedAt = try data.instant("resubscribedAt")
    }
}
