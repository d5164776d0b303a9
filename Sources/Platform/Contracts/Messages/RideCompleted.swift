import FoundationEssentials

/// A rider finished a ride. Published by other systems; the message with the highest rate.
public struct RideCompleted: Message {
    /// The type by which it is known.
    public static let type = MessageType(rawValue: "ride.completed")

    /// The rider.
    public let userId: Int
    /// The ride service's id of the ride; a ride is counted once.
    public let rideId: String
    /// When it ended.
    public let completedAt: Date

    /// The data of such a message.
    public init(userId: Int, rideId: String, completedAt: Date) {
        self.userId = userId
        self.rideId = rideId
        self.completedAt = completedAt
    }

    /// Reads it from JSON.
    public init(_ data: MessageData) throws(ContractViolation) {
        userId = try data.id("userId")
        rideId = try data.reference("rideId")
        completedAt = try data.instant("completedAt")
    }
}
