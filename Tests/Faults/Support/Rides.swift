import AMQP
import Contracts
import FoundationEssentials
import Platform
import Support

/// Rides as the bus company tells of them.
enum Rides {
    /// These rides of a member, each with its message id.
    static func of(_ member: Int, _ numbers: some Sequence<Int>) -> [(RideCompleted, String)] {
        numbers.map { number in
            let ride = RideCompleted(
                userId: member, rideId: "ride-\(member)-\(number)", completedAt: Date(timeIntervalSince1970: 1_790_000_000 + Double(number)))
            return (ride, ride.rideId)
        }
    }
}
