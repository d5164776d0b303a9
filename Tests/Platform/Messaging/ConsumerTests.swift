import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@Suite("The event consumer")
struct ConsumerTests {
    private static let announcements = AMQPTopology(
        queues: [.init("announcements")],
        bindings: [.init(queue: "announcements", exchange: "boxoffice.events", routingKey: "loyalty.milestone-reached")])

    private func open(_ body: @Sendable (TestEnvironment) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            try await environment.broker.declare(Self.announcements)
            _ = try await environment.broker.purge(queue: "announcements")
            try await environment.with(TestService<Recording>.self, publishesAnything: true) { _ in try await body(environment) }
            try await environment.broker.delete(queue: "announcements")
        }
    }

    @Test("A message that comes twice is worked once, in one batch and in two")
    func duplicates() async throws {
        try await open { environment in
            try await environment.publish([
                (TicketsRefreshRequested(userId: 1), "a"), (TicketsRefreshRequested(userId: 1), "a"), (TicketsRefreshRequested(userId: 2), "b"),
            ])
            try await environment.eventually("select count(*) from tickets.bytemark_tokens", 2)
            try await environment.publish([(TicketsRefreshRequested(userId: 1), "a"), (TicketsRefreshRequested(userId: 3), "c")])
            try await environment.eventually("select count(*) from tickets.bytemark_tokens", 3)
            #expect(try await environment.value("select count(*) from tickets.inbox", as: Int.self) == 3)
            try await environment.eventually("everything is acked") {
                try await environment.broker.inspect(queue: "tickets-cache.events")?.messages == 0
            }
        }
    }

    @Test("One bad message of a batch costs itself alone: the others are worked, it is parked with the reason")
    func oneBad() async throws {
        try await open { environment in
            try await environment.publish((1...20).map { (TicketsRefreshRequested(userId: $0 == 13 ? 99 : $0), "id-\($0)") })
            try await environment.eventually("select count(*) from tickets.inbox", 19)
            var parked: [AMQPDelivery] = []
            try await environment.eventually("the bad one is parked") {
                parked += try await environment.take("tickets-cache.parked")
                return !parked.isEmpty
            }
            let headers = try #require(parked.first).properties.headers
            #expect(parked.map(\.properties.messageID) == ["id-14"])
            #expect(headers[MessageHeader.reason]?.string?.contains("violates check constraint") == true)
            #expect(headers[MessageHeader.attempts]?.int == 1)
            #expect(headers[MessageHeader.queue]?.string == "tickets-cache.events")
            #expect(headers[MessageHeader.exchange]?.string == "boxoffice.events")
            #expect(headers[MessageHeader.routingKey]?.string == "tickets.refresh-requested")
            #expect(try await environment.value("select count(*) from tickets.bytemark_tokens where user_id = 14", as: Int.self) == 0)
        }
    }

    @Test("A failure that may pass waits in a delay queue and is tried again; what the failed attempt wrote is gone")
    func retry() async throws {
        try await open { environment in
            try await environment.publish(TicketsRefreshRequested(userId: 13), id: "unlucky")
            try await environment.eventually("it waits in the first delay queue") {
                try await environment.broker.inspect(queue: "tickets-cache.events.retry.1s")?.messages == 1
            }
            #expect(try await environment.value("select count(*) from tickets.bytemark_tokens", as: Int.self) == 0)
            #expect(try await environment.value("select count(*) from tickets.outbox", as: Int.self) == 0)
            try await environment.eventually("it failed again and waits in the second one") {
                try await environment.broker.inspect(queue: "tickets-cache.events.retry.5s")?.messages == 1
            }
            let waiting = try #require(try await environment.take("tickets-cache.events.retry.5s").first)
            #expect(waiting.properties.headers[MessageHeader.attempts]?.int == 2)
            #expect(waiting.properties.headers[MessageHeader.reason]?.string == "13 brings bad luck")
            #expect(waiting.properties.messageID == "unlucky")
        }
    }

    @Test(
        "What cannot be read is parked at once with the reason",
        arguments: [
            ("not json", "not a JSON object"), ("[]", "not a JSON object"), (#"{"userId":1}"#, "no message_id"),
            (#"{"specversion":"1.0","id":"x","source":"/","type":"com.example.other","data":{}}"#, "does not begin with com.boxoffice."),
            (#"{"specversion":"1.0","id":"x","source":"/","type":"com.boxoffice.unheard.of","data":{}}"#, "does not know the type unheard.of"),
            (#"{"specversion":"1.0","id":"x","source":"/","type":"com.boxoffice.tickets.refresh-requested","data":{"userId":"one"}}"#, "data.userId"),
            (#"{"specversion":"1.0","id":"x","source":"/","type":"com.boxoffice.tickets.refresh-requested"}"#, "data"),
            (#"{"specversion":"0.3","id":"x","source":"/","type":"com.boxoffice.tickets.refresh-requested","data":{"userId":1}}"#, "specversion"),
        ])
    func unreadable(body: String, reason: String) async throws {
        try await open { environment in
            try await environment.publish(raw: body, to: "boxoffice.events", "tickets.refresh-requested")
            try await environment.publish(TicketsRefreshRequested(userId: 5))
            try await environment.eventually("select count(*) from tickets.inbox", 1)
            var parked: [AMQPDelivery] = []
            try await environment.eventually("it is parked") {
                parked += try await environment.take("tickets-cache.parked")
                return !parked.isEmpty
            }
            #expect(String(decoding: parked[0].body, as: UTF8.self) == body)
            let told = parked[0].properties.headers[MessageHeader.reason]?.string ?? ""
            #expect(told.contains(reason), "\(told)")
        }
    }

    @Test("A bare data object with a message_id is accepted, once")
    func byHand() async throws {
        try await open { environment in
            for _ in 0..<2 {
                try await environment.publish(raw: #"{"userId":7}"#, to: "boxoffice.events", "tickets.refresh-requested", id: "by-hand")
            }
            try await environment.publish(TicketsRefreshRequested(userId: 8))
            try await environment.eventually("select count(*) from tickets.bytemark_tokens", 2)
            #expect(try await environment.value("select token from tickets.bytemark_tokens where user_id = 7", as: String.self) == "by-hand")
        }
    }

    @Test("What a message causes carries its trace, and is published once")
    func trace() async throws {
        try await open { environment in
            let trace = TraceContext()
            try await TraceContext.$current.withValue(trace) { try await environment.publish(TicketsRefreshRequested(userId: 1)) }
            var announced: [AMQPDelivery] = []
            try await environment.eventually("it is announced") {
                announced += try await environment.take("announcements")
                return !announced.isEmpty
            }
            let traceparent = try #require(announced[0].properties.headers["traceparent"]?.string)
            #expect(TraceContext(traceparent: traceparent)?.traceID == trace.traceID)
            #expect(TraceContext(traceparent: traceparent)?.spanID != trace.spanID)
            try await environment.eventually("select count(*) from tickets.outbox", 0)
            #expect(try await environment.take("announcements").isEmpty)
        }
    }

    @Test("Rows of the outbox that a dead process left are published by whoever runs")
    func leftover() async throws {
        try await open { environment in
            try await environment.database.execute(
                """
                insert into tickets.outbox (exchange, routing_key, message_id, headers, body)
                select 'boxoffice.events', 'loyalty.milestone-reached', 'left-' || n, '{}', '{}' from generate_series(1, 1200) n
                """)
            try await environment.eventually("select count(*) from tickets.outbox", 0)
            #expect(try await environment.broker.inspect(queue: "announcements")?.messages == 1200)
        }
    }

    @Test("A message that no queue takes is dropped and does not hold up the others")
    func unroutable() async throws {
        try await open { environment in
            try await environment.database.execute(
                """
                insert into tickets.outbox (exchange, routing_key, message_id, body)
                values ('boxoffice.events', 'nobody.listens', 'x', '{}'), ('boxoffice.events', 'loyalty.milestone-reached', 'y', '{}')
                """)
            try await environment.eventually("select count(*) from tickets.outbox", 0)
            #expect(try await environment.take("announcements").map(\.properties.messageID) == ["y"])
        }
    }
}
