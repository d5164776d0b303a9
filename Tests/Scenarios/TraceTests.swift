import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import LoyaltyNotifier
@testable import TicketsCache

@Suite("A trace follows the work")
struct TraceTests {
    private static let theirs = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    private static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"

    private static func ride(_ number: Int, trace: String) -> AMQPMessage {
        var properties = AMQPProperties(contentType: "application/cloudevents+json", messageID: "id-\(number)")
        properties.headers[MessageHeader.traceparent] = .string(trace)
        let body = """
            {"specversion":"1.0","id":"id-\(number)","source":"/buses","type":"com.boxoffice.ride.completed",\
            "data":{"userId":12,"rideId":"ride-\(number)","completedAt":"2026-03-01T02:00:00Z"}}
            """
        return AMQPMessage(exchange: Exchange.events, routingKey: "ride.completed", properties: properties, body: Array(body.utf8))
    }

    /// Publishes the rides in these portions and expects the announcement and the push of the milestone in the trace of the last ride.
    private func expectTrace(portions: [ClosedRange<Int>]) async throws {
        try await TestEnvironment.open { environment in
            try await environment.broker.declare(
                .init(
                    queues: [.init("listener", exclusive: true)],
                    bindings: [.init(queue: "listener", exchange: Exchange.events, routingKey: "loyalty.milestone-reached")]))
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    for portion in portions {
                        let rides = portion.map { Self.ride($0, trace: $0 == 50 ? Self.theirs : TraceContext().traceparent) }
                        #expect(try await environment.broker.publish(rides).allSatisfy { $0 == .confirmed })
                        try await environment.eventually("select rides from loyalty.members", portion.upperBound)
                    }
                    var announced: [AMQPDelivery] = []
                    try await environment.eventually("nothing is announced") {
                        announced += try await environment.take("listener")
                        return !announced.isEmpty
                    }
                    #expect(announced.first?.properties.headers[MessageHeader.traceparent]?.string?.contains(Self.traceID) == true)
                    #expect(announced.first.map { String(decoding: $0.body, as: UTF8.self).contains(#""traceparent":"00-\#(Self.traceID)"#) } == true)
                    try await environment.eventually("nothing is pushed") { try await !stubs.received("push").isEmpty }
                    let push = try #require(try await stubs.received("push").first)
                    #expect(push.headers?["traceparent"]?.contains(Self.traceID) == true)
                    #expect(push.headers?["traceparent"] != Self.theirs)
                }
            }
            try await environment.broker.delete(queue: "listener")
        }
    }

    @Test("The ride that reaches a milestone leads to an announcement and a push with its own trace id")
    func alone() async throws { try await expectTrace(portions: [1...49, 50...50]) }

    @Test("Also when it arrives among other rides with traces of their own")
    func inABatch() async throws { try await expectTrace(portions: [1...50]) }

    @Test("A manual tick with a traceparent asks Bytemark in that trace")
    func externalJob() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute("insert into tickets.bytemark_tokens (user_id, token) values (1, 'token-1')")
            try await StubServices.open { stubs in
                try await stubs.passes(of: 1, "[]")
                try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                    var properties = AMQPProperties(messageID: "by-hand")
                    properties.headers[MessageHeader.traceparent] = .string(Self.theirs)
                    let tick = AMQPMessage(exchange: Exchange.ticks, routingKey: "tickets-cache.refresh", properties: properties, body: [])
                    #expect(try await environment.broker.publish([tick]) == [.confirmed])
                    let run = try await environment.ended("by-hand")
                    #expect(run.processed == 1)
                    #expect(try await stubs.received("bytemark").count == 2)
                }
            }
        }
    }
}
