/// Every message of the house.
public enum Messages {
    /// Their types, each with its schema in Contracts/messages.
    public static let all: [any Message.Type] = [Tick.self, RideCompleted.self, TicketsRefreshRequested.self, LoyaltyMilestoneReached.self]
}
