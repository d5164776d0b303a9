import FoundationEssentials

/// A user's passes were fetched from Bytemark and written to the cache.
public struct TicketsRefreshed: Message {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "tickets.refreshed")

    /// The user.
    public let userId: Int
    /// When the cache was written.
    public let refreshedAt: Date
    /// Passes that are new.
    public let added: Int
    /// Passes that changed.
    public let updated: Int
    /// Passes that no longer exist.
    public let removed: Int

    /// The data of such a message.
    public init(userId: Int, refreshedAt: Date, added: Int, updated: Int, removed: Int) {
        self.userId = userId
        self.refreshedAt = refreshedAt
        self.added = added
        self.updated = updated
        self.removed = removed
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        userId = try data.id("userId")
        refreshedAt = try data.instant("refreshedAt")
        added = try data.integer("added", in: 0...Int.max)
        updated = try data.integer("updated", in: 0...Int.max)
        removed = try data.integer("removed", in: 0...Int.max)
    }
}
