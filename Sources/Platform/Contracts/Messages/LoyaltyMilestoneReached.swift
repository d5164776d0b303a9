import FoundationEssentials

/// A rider has reached a milestone and been given free tickets.
public struct LoyaltyMilestoneReached: Message {
    /// `loyalty.milestone-reached`
    public static let type = MessageType(rawValue: "loyalty.milestone-reached")

    /// Who.
    public let userId: Int
    /// How many rides: 50, 100, 150 …
    public let rides: Int
    /// How many free tickets for it.
    public let freeTickets: Int
    /// When it was counted.
    public let reachedAt: Date

    /// A milestone.
    public init(userId: Int, rides: Int, freeTickets: Int, reachedAt: Date) {
        self.userId = userId
        self.rides = rides
        self.freeTickets = freeTickets
        self.reachedAt = reachedAt
    }

    /// Everything is positive.
    public func validate() throws(ContractViolation) {
        try ContractViolation.require("data.userId", userId, atLeast: 1)
        try ContractViolation.require("data.rides", rides, atLeast: 1)
        try ContractViolation.require("data.freeTickets", freeTickets, atLeast: 1)
    }
}
