/// Somebody wants a user's passes fetched from Bytemark now. From outside.
public struct TicketsRefreshRequested: Message {
    /// `tickets.refresh-requested`
    public static let type = MessageType.ticketsRefreshRequested

    /// Whose passes.
    public let userId: Int

    /// The data of such a message.
    public init(userId: Int) {
        self.userId = userId
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        userId = try data.id("userId")
    }
}
