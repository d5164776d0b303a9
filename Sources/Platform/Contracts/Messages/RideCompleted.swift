import FoundationEssentials

/// A rider has completed a ride. From outside.
public struct RideCompleted: Message {
    /// `ride.completed`
    public static let type = MessageType(rawValue: "ride.completed")

    /// Who rode.
    public let userId: Int
    /// The ride, whoever tells of it and however often.
    public let rideId: String
    /// When it ended.
    public let completedAt: Date

    /// A ride.
    public init(userId: Int, rideId: String, completedAt: Date) {
        self.userId = userId
        self.rideId = rideId
        self.completedAt = completedAt
    }

    /// Ids are positive, rides are named.
    public func validate() throws(ContractViolation) {
        try ContractViolation.require("data.userId", userId, atLeast: 1)
        try ContractViolation.require("data.rideId", rideId, atMost: 200)
    }

    /// Reads the three members without a decoder: this is the message that comes by the thousand. What does not fit is read again by the
    /// decoder, which says what is wrong.
    public static func decode(_ json: ArraySlice<UInt8>) throws(ContractViolation) -> RideCompleted {
        if let spans = JSONSpans(json), let userId = spans.integer("userId"), let rideId = spans.string("rideId"),
            let completedAt = spans.stringBytes("completedAt").flatMap(RFC3339.date(from:))
        {
            let ride = RideCompleted(userId: userId, rideId: rideId, completedAt: completedAt)
            try ride.validate()
            return ride
        }
        let ride = try WireCoding.decodeJSON(RideCompleted.self, from: json)
        try ride.validate()
        return ride
    }
}
