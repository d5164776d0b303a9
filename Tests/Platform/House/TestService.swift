import Contracts
import FoundationEssentials
import Platform
import Postgres
import Synchronization

/// A service whose parts a test decides. It lives in the schema and under the role of tickets-cache.
struct TestService<Parts: TestParts>: BackgroundService {
    static var name: String { "tickets-cache" }
    static var schema: String { "tickets" }
    static var summary: String { "a service of the tests" }
    static var settings: [SettingDescription] { [] }

    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError) { Parts.add(to: &service) }
}

/// What a test service is made of.
protocol TestParts: Sendable {
    static func add(to service: inout ServiceBuilder)
}

/// Writes each user of a message into `tickets.bytemark_tokens` and announces a refresh; user 13 always fails, user 14 fails with bad data.
struct Recording: TestParts {
    static func add(to service: inout ServiceBuilder) { service.add(reaction: RecordingReaction()) }
}

struct RecordingReaction: Reaction {
    struct FailingReaction: Error, CustomStringConvertible {
        var description: String { "13 brings bad luck" }
    }

    func react(to messages: [Incoming<TicketsRefreshRequested>], _ tx: Transaction) async throws {
        for message in messages {
            // One row for each time the handler ran for the message: a second run would violate the key.
            try await tx.execute("insert into bytemark_tokens (user_id, token) values ($1, $2)", message.data.userId, message.id)
            try tx.publish(
                LoyaltyMilestoneReached(userId: message.data.userId, rides: 50, freeTickets: 5, reachedAt: tx.now), causedBy: message.trace)
            if message.data.userId == 13 { throw FailingReaction() }
            if message.data.userId == 14 { try await tx.execute("insert into cache_log (user_id, pass_uuid, change) values (14, '', 'broken')") }
        }
    }
}
