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

    /// Publishes rides ten at a time with a short pause, however long the broker is away meanwhile; what is not confirmed is published again.
    static func publishSteadily(_ rides: [(RideCompleted, String)], _ environment: TestEnvironment) async throws {
        var waiting = try rides.map { try OutgoingMessage($0.0, from: "shop", at: environment.clock.now, id: $0.1).amqp }[...]
        while !waiting.isEmpty {
            let portion = waiting.prefix(10)
            do {
                let outcomes = try await environment.broker.publish(Array(portion), timeout: .seconds(5))
                let refused = zip(portion, outcomes).filter { $0.1 != .confirmed }.map(\.0)
                waiting = waiting.dropFirst(portion.count) + refused
            } catch is AMQPError {}
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
