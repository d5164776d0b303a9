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

    /// A house with an order whose payment is at the gateway, and payments running.
    private func open(_ body: @Sendable (TestHouse, Outside, Shop.Order) async throws -> Void) async throws {
        try await TestHouse.open { house in
            let shop = house.shop
            let event = try await shop.event(startsAt: house.clock.now.addingTimeInterval(864_000))
            let orders = try await shop.orders(1, of: event, at: house.clock.now, submitted: house.clock.now)
            let order = try #require(orders.first)
            try await Outside.open { outside in
                try await house.with(Payments.self, settings: outside.settings) { _ in try await body(house, outside, order) }
            }
        }
    }

    /// The gateway says that the money is there.
    private func pay(_ order: Shop.Order, in house: TestHouse) async throws {
        try await house.publish(
            PaymentGatewayReported(
                reference: order.reference, status: .success, amount: 1998, currency: "EUR", occurredAt: house.clock.now))
        try await house.eventually("select status from payments.payments", "succeeded")
    }

    private func expectConfirmed(_ house: TestHouse, _ settings: [String: String]) async throws {
        try await house.with(Bookings.self, settings: settings) { _ in
            try await house.eventually("select status from bookings.bookings", "confirmed")
            try await house.eventually("select count(*) from payments.outbox", 0)
        }
    }

    private func waiting(in house: TestHouse) async throws -> Int { try await house.broker.inspect(queue: Self.queue)?.messages ?? 0 }

    @Test("An event waits for a reader that has never run")
    func firstDeployment() async throws {
        try await open { house, outside, order in
            try await pay(order, in: house)
            try await house.eventually("it waits in the queue of its reader") { try await waiting(in: house) == 1 }
            try await expectConfirmed(house, outside.settings)
        }
    }

    @Test("An event waits for a reader that is stopped and whose queue was deleted")
    func deletedQueue() async throws {
        try await open { house, outside, order in
            try await house.broker.delete(queue: Self.queue)
            try await pay(order, in: house)
            try await house.eventually("it waits in the queue of its reader") { try await waiting(in: house) == 1 }
            try await expectConfirmed(house, outside.settings)
        }
    }

    @Test("An exchange that was deleted comes back with what is bound to it when somebody publishes")
    func deletedExchange() async throws {
        try await open { house, outside, order in
            // Reported before the exchange goes: of what the shop publishes then nobody knows.
            let database = house.database
            try await database.transaction { tx in
                try await tx.execute("lock table payments.payments in share mode")
                try await house.publish(
                    PaymentGatewayReported(
                        reference: order.reference, status: .success, amount: 1998, currency: "EUR", occurredAt: house.clock.now))
                try await house.eventually("it is being worked") {
                    try await house.value(
                        "select count(*) from pg_locks where relation = 'payments.payments'::regclass and not granted", as: Int.self) ?? 0 > 0
                }
                try await house.broker.delete(exchange: Exchange.events)
            }
            try await house.eventually("it waits in the queue of its reader") { try await waiting(in: house) == 1 }
            try await expectConfirmed(house, outside.settings)
        }
    }

    @Test("An event that its reader's queue cannot take stays in the outbox and holds up no other")
    func held() async throws {
        try await open { house, outside, order in
            // A queue of this name that is declared otherwise and bound to nothing: payments can neither use nor mend it.
            try await house.broker.delete(queue: Self.queue)
            try await house.broker.declare(.init(queues: [.init(Self.queue, arguments: ["x-queue-type": "quorum", "x-max-length": 7])]))
            try await pay(order, in: house)
            try await house.database.execute(
                """
                insert into payments.outbox (exchange, routing_key, message_id, body)
                select 'payments.retry', 'nobody.reads', 'other-' || n, '{}' from generate_series(1, 3000) n
                """)
            try await house.eventually("select count(*) from payments.outbox", 1)
            #expect(try await house.value("select routing_key from payments.outbox", as: String.self) == "payment.succeeded")
            try await house.broker.delete(queue: Self.queue)
            try await house.eventually("it waits in the queue of its reader") { try await waiting(in: house) == 1 }
            try await expectConfirmed(house, outside.settings)
        }
    }

    @Test("A queue that is deleted under its running service is declared, bound and consumed again; meanwhile the service is not ready")
    func selfHealing() async throws {
        try await TestHouse.open { house in
            try await Outside.open { outside in
                try await house.with(TicketsCache.self, settings: outside.settings) { host in
                    for queue in ["tickets-cache.events", "tickets-cache.ticks"] {
                        try await house.eventually("it consumes") { host.runtime.broker.isConsuming(queue) }
                        try await house.broker.delete(queue: queue)
                        try await house.eventually("the queue is back, and consumed") {
                            try await house.broker.inspect(queue: queue)?.consumers == 1 && host.runtime.broker.isConsuming(queue)
                        }
                    }
                    try await house.publish(TicketsRefreshRequested(userId: 1))
                    try await house.eventually("select count(*) from tickets.inbox", 1)
                    let tick = try await house.tick(.ticketsCacheRefreshStale)
                    #expect(try await house.ended(tick).outcome == "succeeded")
                }
            }
        }
    }
}
