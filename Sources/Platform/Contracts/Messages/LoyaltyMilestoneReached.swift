import FoundationEssentials

/// A rider reached a milestone and was given free tickets. Once per user and milestone.
public struct LoyaltyMilestoneReached: Message {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "loyalty.milestone-reached")

    /// The rider.
    public let userId: Int
    /// The milestone: 50, 100, 150 …
    public let rides: Int
    /// How many tickets were given for it.
    public let freeTickets: Int
    /// When the award was written.
    public let reachedAt: Date

    /// The data of such a message.
    public init(userId: Int, rides: Int, freeTickets: Int, reachedAt: Date) {
        self.userId = userId
        self.rides = rides
        self.freeTickets = freeTickets
        self.reachedAt = reachedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        userId = try data.id("userId")
        rides = try data.integer("rides", in: 1...Int.max)
        freeTickets = try data.integer("freeTickets", in: 1...Int.max)
        reachedAt = try data.instant("reachedAt")
    }
}
