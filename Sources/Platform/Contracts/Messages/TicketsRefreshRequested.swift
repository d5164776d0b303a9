/// A user's passes are to be fetched from Bytemark now. Published by other systems.
public struct TicketsRefreshRequested: Message {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "tickets.refresh-requested")

    /// The user.
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
