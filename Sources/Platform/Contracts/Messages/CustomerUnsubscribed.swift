import FoundationEssentials

/// A customer unsubscribed from campaign mails.
public struct CustomerUnsubscribed: Message {
    /// `customer.unsubscribed`
    public static let type = MessageType(rawValue: "customer.unsubscribed")

    /// The customer.
    public let userId: Int
    /// From which mails; `all` stands for every other one.
    public let scope: SubscriptionScope
    /// Since when.
    public let unsubscribedAt: Date

    /// The data of such a message.
    public init(userId: Int, scope: SubscriptionScope, unsubscribedAt: Date) {
        self.userId = userId
        self.scope = scope
        self.unsubscribedAt = unsubscribedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        userId = try data.id("userId")
        scope = try data.choice("scope")
        unsubscribedAt = try data.instant("unsubscribedAt")
    }
}
