import AMQP
import Contracts
import FoundationEssentials
import Platform

/// The rides of the demo's users, as the web shop would publish them: out of order and some of them twice.
struct DemoRides: Sendable {
    let seed: Int
    let users: [DemoUser]

    /// The ids of all rides; the same on each call.
    var ids: [String] { users.flatMap { user in (0..<user.rides).map { id(user.number, $0) } } }

    /// The messages, without those of known rides.
    func messages(except known: Set<String>, now: Date) throws -> (messages: [AMQPMessage], repeated: Int) {
        var random = SeededGenerator(seed: seed, number: -(users.first?.number ?? 0))
        var messages: [AMQPMessage] = []
        var repeated = 0
        for user in users {
            for ride in 0..<user.rides where !known.contains(id(user.number, ride)) {
                let completed = RideCompleted(
                    userId: user.number, rideId: id(user.number, ride), completedAt: now - Double(user.rides - ride) * 43_200)
                let message = try OutgoingMessage(completed, from: "demo-data", at: now, id: id(user.number, ride)).amqp
                messages.append(message)
                guard random.chance(4) else { continue }
                messages.append(message)
                repeated += 1
            }
        }
        messages.shuffle(using: &random)
        return (messages, repeated)
    }

    private func id(_ user: Int, _ ride: Int) -> String { "demo-\(seed)-\(user)-\(ride + 1)" }
}
