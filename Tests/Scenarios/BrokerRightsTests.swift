import AMQP
import Contracts
import Foundation
import Platform
import Postgres
import Support
import Testing

@testable import Bookings
@testable import TicketsCache

/// That each service can do what it must is shown by all other tests: they run services as their own users.
@Suite("The broker refuses what is not a service's own", .enabled(if: TestServers.shared.hasUsers))
struct BrokerRightsTests {
    private static let services = [
        "tick-publisher", "tickets-cache", "loyalty-notifier", "payments", "bookings", "events", "marketing", "analytics",
        "maintenance", "console",
    ]

    /// A house with everybody's queues, as the administrator has declared them.
    private func open(_ body: @Sendable (TestEnvironment, [String]) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            var queues: [String] = []
            for service in Self.services where !Tick.publishers.contains(service) {
                let jobs = JobName.all.filter { $0.service == service }
                let types = MessageRoute.all.filter { $0.readers.contains(service) }.map(\.type)
                let topology = ServiceTopology(service: service, jobs: jobs, types: types)
                try await environment.broker.declare(topology.topology)
                queues += topology.ownQueues
            }
            try await body(environment, queues)
        }
    }

    private func expectRefused(_ what: String, _ body: () async throws -> Void) async {
        do {
            try await body()
            Issue.record("\(what) is not refused")
        } catch AMQPError.accessRefused {
        } catch {
            Issue.record("\(what): \(error)")
        }
    }

    private func message(_ exchange: String, _ key: String, userID: String? = nil) -> AMQPMessage {
        var properties = AMQPProperties(messageID: "x")
        properties.userID = userID
        return AMQPMessage(exchange: exchange, routingKey: key, properties: properties, body: Array("{}".utf8))
    }

    @Test("It cannot put anything into a queue of others, nor publish an event or a tick in another's name", arguments: services)
    func publishing(as service: String) async throws {
        try await open { environment, queues in
            try await environment.asUser(service) { broker async throws in
                let others = queues.filter { !$0.hasPrefix("\(service).") }
                for queue in others.filter({ !$0.contains(".retry.") }) {
                    await expectRefused("\(queue) by the default exchange") { _ = try await broker.publish([message("", queue)]) }
                    await expectRefused("\(queue) by its service's exchange") {
                        _ = try await broker.publish([message(Exchange.retry(of: String(queue.prefix { $0 != "." })), queue)])
                    }
                }
                for job in ["payments.generate-analytics", "bookings.cancel-expired", "nobody.works"] where !Tick.publishers.contains(service) {
                    await expectRefused("the tick \(job)") { _ = try await broker.publish([message(Exchange.ticks, job)]) }
                }
                for route in MessageRoute.all where route.publisher != service {
                    await expectRefused("the event \(route.type)") {
                        _ = try await broker.publish([message(Exchange.events, route.type.rawValue)])
                    }
                }
                for queue in others { #expect(try await environment.length(of: queue) == 0, "\(queue)") }
                // The connection has survived all of it.
                for route in MessageRoute.all where route.publisher == service {
                    #expect(try await broker.publish([message(Exchange.events, route.type.rawValue)], mandatory: false) == [.confirmed])
                }
                let own = queues.filter { $0.hasPrefix("\(service).") }
                for queue in own { #expect(try await broker.publish([message(Exchange.retry(of: service), queue)]) == [.confirmed]) }
                // Under the name of another it may not even publish what is its own.
                if let queue = own.first {
                    let other = service == "payments" ? "bookings" : "payments"
                    let disguised = message(Exchange.retry(of: service), queue, userID: other)
                    await #expect(throws: AMQPError.self) { try await broker.publish([disguised]) }
                }
            }
        }
    }

    @Test("It cannot read the queues of others, nor bind its own to what the contract does not give it", arguments: services)
    func reading(as service: String) async throws {
        try await open { environment, queues in
            try await environment.asUser(service) { broker async throws in
                for queue in queues where !queue.hasPrefix("\(service).") {
                    await expectRefused("reading \(queue)") { _ = try await broker.get(queue) }
                }
                for queue in queues.filter({ $0 == "\(service).events" || $0 == "\(service).ticks" }) {
                    for (exchange, key) in [
                        (Exchange.ticks, "#"), (Exchange.events, "#"), (Exchange.events, "*.*"), (Exchange.events, "payment.*"),
                        (Exchange.ticks, "nobody.works"), (Exchange.events, "tickets.refreshed"),
                        (Exchange.retry(of: service == "payments" ? "bookings" : "payments"), queue),
                    ] {
                        await expectRefused("\(queue) bound to \(exchange) by \(key)") {
                            try await broker.declare(.init(bindings: [.init(queue: queue, exchange: exchange, routingKey: key)]))
                        }
                    }
                }
                await expectRefused("another queue") { try await broker.declare(.init(queues: [.init("nobodys.queue")])) }
            }
        }
    }

    @Test("The web shop publishes its events, and nothing else; it reads nothing")
    func webShop() async throws {
        try await open { environment, queues in
            try await environment.asUser("web-shop") { broker async throws in
                for route in MessageRoute.all {
                    let event = message(Exchange.events, route.type.rawValue)
                    if route.publisher == nil {
                        #expect(try await broker.publish([event]) == [.confirmed])
                    } else {
                        await expectRefused("the event \(route.type)") { _ = try await broker.publish([event]) }
                    }
                }
                await expectRefused("a tick") { _ = try await broker.publish([message(Exchange.ticks, "bookings.cancel-expired")]) }
                for queue in queues {
                    await expectRefused("reading \(queue)") { _ = try await broker.get(queue) }
                    await expectRefused("\(queue) by the default exchange") { _ = try await broker.publish([message("", queue)]) }
                }
                await expectRefused("a queue of its own") { try await broker.declare(.init(queues: [.init("web-shop.queue", exclusive: true)])) }
            }
        }
    }

    @Test("A service that puts another's event into a queue of its readers all the same is found out, and the event parked")
    func disguise() async throws {
        try await open { environment, _ in
            try await StubServices.open { stubs in
                try await environment.with(Bookings.self, settings: stubs.settings) { _ in
                    let forged = try OutgoingMessage(EventCancelled(eventId: 1, reason: "rain"), from: "events", at: environment.clock.now).amqp
                    try await environment.asUser("payments") { broker async throws in
                        // The type in the body is not the key that it may publish.
                        var disguised = forged
                        disguised.routingKey = "payment.succeeded"
                        // The broker sends a copy by this key too.
                        var copied = disguised
                        copied.routingKey = "payment.abandoned"
                        copied.properties.headers["CC"] = ["event.cancelled"]
                        #expect(try await broker.publish([disguised, copied]) == [.confirmed, .confirmed])
                        // Whoever declares a queue may bind it.
                        let exchange = Exchange.retry(of: "payments")
                        try await broker.declare(
                            .init(bindings: [.init(queue: "bookings.events", exchange: exchange, routingKey: "event.cancelled")]))
                        var diverted = forged
                        diverted.exchange = exchange
                        #expect(try await broker.publish([diverted]) == [.confirmed])
                    }
                    var reasons: [String] = []
                    for _ in 0..<3 { reasons.append(try await environment.parked("bookings").reason) }
                    #expect(reasons.filter { $0.contains("but its type is event.cancelled") }.count == 2, "\(reasons)")
                    #expect(reasons.filter { $0.contains("it came by the exchange payments.retry") }.count == 1, "\(reasons)")
                    #expect(try await environment.value("select count(*) from bookings.inbox", as: Int.self) == 0)
                }
            }
        }
    }

    @Test("A message in the outbox that its service may not publish waits there, and holds up no other")
    func outbox() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                let mine = try OutgoingMessage(TicketsRefreshRequested(userId: 1), from: "x", at: environment.clock.now, id: "mine")
                try await environment.database.execute(
                    """
                    insert into tickets.outbox (exchange, routing_key, message_id, body)
                    values ('boxoffice.events', 'payment.succeeded', 'theirs', '{}'), ('payments.retry', 'payments.events', 'theirs too', '{}'),
                           ('tickets-cache.retry', 'tickets-cache.events', 'mine', $1)
                    """, mine.body)
                try await environment.broker.declare(ServiceTopology.retry(of: "payments", to: []))
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    try await environment.eventually("select count(*) from tickets.inbox where message_id = 'mine'", 1)
                    try await environment.eventually("select count(*) from tickets.outbox", 2)
                    let refresh = try await environment.tick(.ticketsCacheRefreshStale)
                    #expect(try await environment.ended(refresh).outcome == .succeeded)
                }
            }
        }
    }
}
