import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import TicketsCache

@Suite("What a version before the retry exchanges left is worked")
struct EarlierVersionTests {
    /// A house, and the settings with which tickets-cache runs in it.
    private func open(_ body: @Sendable (TestEnvironment, [String: String]) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in try await body(environment, stubs.settings) }
        }
    }

    private func event(_ user: Int, id: String, in environment: TestEnvironment) throws -> OutgoingMessage {
        try OutgoingMessage(TicketsRefreshRequested(userId: user), from: "tickets-cache", at: environment.clock.now, id: id)
    }

    @Test("A message that waits in an old delay queue comes back to its queue")
    func delayQueue() async throws {
        try await open { environment, settings in
            let old = AMQPTopology.Queue(
                "tickets-cache.events.delay.1",
                arguments: [
                    "x-queue-type": "quorum", "x-message-ttl": 1000, "x-dead-letter-exchange": "",
                    "x-dead-letter-routing-key": "tickets-cache.events", "x-dead-letter-strategy": "at-least-once",
                    "x-overflow": "reject-publish",
                ])
            try await environment.broker.declare(.init(queues: [old]))
            var message = try event(1, id: "waiting", in: environment).amqp
            message.exchange = ""
            message.routingKey = old.name
            #expect(try await environment.broker.publish([message]) == [.confirmed])
            try await environment.with(TicketsCache.self, settings: settings) { _ in
                try await environment.eventually("select count(*) from tickets.inbox where message_id = 'waiting'", 1)
            }
            #expect(try await environment.length(of: old.name) == 0)
            try await environment.broker.delete(queue: old.name)
        }
    }

    @Test("Rows of the outbox that name the default exchange or the exchange of ticks reach the service's own queues")
    func outbox() async throws {
        try await open { environment, settings in
            let tick = Tick(
                job: .ticketsCacheRefreshStale, scheduledFor: environment.clock.now, trigger: .api, dryRun: false, parameters: [:], misfire: .latest,
                slice: nil)
            let rows = [
                ("", "tickets-cache.events", try event(1, id: "to the queue", in: environment)),
                ("", "tickets-cache.events.delay.1", try event(2, id: "to a delay queue", in: environment)),
                (
                    Exchange.ticks, JobName.ticketsCacheRefreshStale.rawValue,
                    try OutgoingMessage(
                        tick, exchange: "", routingKey: "", from: "tickets-cache", at: environment.clock.now, id: "to the exchange of ticks")
                ),
            ]
            for (exchange, key, message) in rows {
                try await environment.database.execute(
                    "insert into tickets.outbox (exchange, routing_key, message_id, body) values ($1, $2, $3, $4)", exchange, key, message.id,
                    message.body)
            }
            try await environment.with(TicketsCache.self, settings: settings) { _ in
                try await environment.eventually("select count(*) from tickets.inbox", 2)
                #expect(try await environment.ended("to the exchange of ticks").outcome == .succeeded)
                try await environment.eventually("select count(*) from tickets.outbox", 0)
            }
        }
    }
}
