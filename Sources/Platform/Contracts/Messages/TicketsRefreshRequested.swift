/// Somebody wants a user's transit tickets fresh. From outside.
public struct TicketsRefreshRequested: Message {
    /// `tickets.refresh-requested`
    public static let type = MessageType(rawValue: "tickets.refresh-requested")

    /// Whose tickets.
    public let userId: Int

    /// A wish.
    public init(userId: Int) { self.userId = userId }

    /// Ids are positive.
    public func validate() throws(ContractViolation) { try ContractViolation.require("data.userId", userId, atLeast: 1) }
}
