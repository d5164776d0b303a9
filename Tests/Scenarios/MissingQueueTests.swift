import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Bookings
@testable import Payments
@testable import TicketsCache

@Suite("Queues and exchanges that are not there")
struct MissingQueueTests {
    private static let queue = "bookings.events"
    /// Of all who read payment.succeeded: the broker tells of a message that no queue took, and not of one that some did not.
    private static let queues = [queue, "analytics.events"]

    /// A house with an order whose payment is at the gateway, and payments running.
    private func open(_ body: @Sendable (TestEnvironment, StubServices, Shop.Order) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            let shop = environment.shop
            let event = try await shop.event(startsAt: environment.clock.now.addingTimeInterval(864_000))
            let orders = try await shop.orders(1, of: event, at: environment.clock.now, submitted: environment.clock.now)
            let order = try #require(orders.first)
            try await StubServices.open { stubs in
                try await environment.with(Payments.self, settings: stubs.settings) { _ in try await body(environment, stubs, order) }
            }
        }
    }

    /// The gateway says that the money is there.
    private func pay(_ order: Shop.Order, in environment: TestEnvironment) async throws {
        try await environment.publish(
            PaymentGatewayReported(
                reference: order.reference, status: .success, money: Money(1998, "EUR"), occurredAt: environment.clock.now))
        try await environment.eventually("select status from payments.payments", "succeeded")
    }

    private func expectConfirmed(_ environment: TestEnvironment, _ settings: [String: String]) async throws {
        try await environment.with(Bookings.self, settings: settings) { _ in
            try await environment.eventually("select status from bookings.bookings", "confirmed")
            try await environment.eventually("select count(*) from payments.outbox", 0)
        }
    }

    private func waiting(in environment: TestEnvironment) async throws -> Int {
        try await environment.broker.inspect(queue: Self.queue)?.messages ?? 0
    }

    @Test("An event waits for a reader that has never run")
    func firstDeployment() async throws {
        try await open { environment, stubs, order in
            try await pay(order, in: environment)
            try await environment.eventually("it waits in the queue of its reader") { try await waiting(in: environment) == 1 }
            try await expectConfirmed(environment, stubs.settings)
        }
    }

    @Test("An event waits for a reader that is stopped and whose queue was deleted")
    func deletedQueue() async throws {
        try await open { environment, stubs, order in
            for queue in Self.queues { try await environment.broker.delete(queue: queue) }
            try await pay(order, in: environment)
            try await environment.eventually("it waits in the queue of its reader") { try await waiting(in: environment) == 1 }
            try await expectConfirmed(environment, stubs.settings)
        }
    }

    @Test("An exchange that was deleted comes back with what is bound to it when somebody publishes")
    func deletedExchange() async throws {
        try await open { environment, stubs, order in
            // Reported before the exchange goes: of what the shop publishes then nobody knows.
            let database = environment.database
            try await database.transaction { tx in
                try await tx.execute("lock table payments.payments in share mode")
                try await environment.publish(
                    PaymentGatewayReported(
                        reference: order.reference, status: .success, money: Money(1998, "EUR"), occurredAt: environment.clock.now))
                try await environment.eventually("it is being worked") {
                    try await environment.value(
                        "select count(*) from pg_locks where relation = 'payments.payments'::regclass and not granted", as: Int.self) ?? 0 > 0
                }
                try await environment.broker.delete(exchange: Exchange.events)
            }
            try await environment.eventually("it waits in the queue of its reader") { try await waiting(in: environment) == 1 }
            try await expectConfirmed(environment, stubs.settings)
        }
    }

    @Test("An event that its reader's queue cannot take stays in the outbox and holds up no other")
    func held() async throws {
        try await open { environment, stubs, order in
            // Queues of these names that are declared otherwise and bound to nothing: payments can neither use nor mend them.
            for queue in Self.queues {
                try await environment.broker.delete(queue: queue)
                try await environment.broker.declare(.init(queues: [.init(queue, arguments: ["x-queue-type": "quorum", "x-max-length": 7])]))
            }
            try await pay(order, in: environment)
            try await environment.database.execute(
                """
                insert into payments.outbox (exchange, routing_key, message_id, body)
                select 'payments.retry', 'nobody.reads', 'other-' || n, '{}' from generate_series(1, 3000) n
                """)
            try await environment.eventually("select count(*) from payments.outbox", 1)
            #expect(try await environment.value("select routing_key from payments.outbox", as: String.self) == "payment.succeeded")
            for queue in Self.queues { try await environment.broker.delete(queue: queue) }
            try await environment.eventually("it waits in the queue of its reader") { try await waiting(in: environment) == 1 }
            try await expectConfirmed(environment, stubs.settings)
        }
    }

    @Test("A queue that is deleted under its running service is declared, bound and consumed again; meanwhile the service is not ready")
    func selfHealing() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(TicketsCache.self, settings: stubs.settings) { host in
                    for queue in ["tickets-cache.events", "tickets-cache.ticks"] {
                        try await environment.eventually("it consumes") { host.runtime.broker.isConsuming(queue) }
                        try await environment.broker.delete(queue: queue)
                        try await environment.eventually("the queue is back, and consumed") {
                            try await environment.broker.inspect(queue: queue)?.consumers == 1 && host.runtime.broker.isConsuming(queue)
                        }
                    }
                    try await environment.publish(TicketsRefreshRequested(userId: 1))
                    try await environment.eventually("select count(*) from tickets.inbox", 1)
                    let tick = try await environment.tick(.ticketsCacheRefreshStale)
                    #expect(try await environment.ended(tick).outcome == .succeeded)
                }
            }
        }
    }
}
