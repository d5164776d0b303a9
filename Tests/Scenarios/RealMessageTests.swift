import AMQP
import Contracts
import Foundation
import Platform
import Postgres
import Support
import Testing

@testable import LoyaltyNotifier
@testable import TicketsCache

@Suite("Real messages follow Contracts/")
struct RealMessageTests {
    @Test("What the services publish is captured off the broker and is what its schema says, as are its properties")
    func captured() async throws {
        try await TestHouse.open { house in
            try await house.broker.declare(
                .init(
                    queues: [.init("listener", exclusive: true)],
                    bindings: [
                        .init(queue: "listener", exchange: Exchange.events, routingKey: "#"),
                        .init(queue: "listener", exchange: Exchange.ticks, routingKey: "#"),
                    ]))
            try await house.database.execute("insert into tickets.bytemark_tokens (user_id, token) values (1, 'token-1')")
            try await house.database.execute("insert into tickets.cache (user_id, refreshed_at) values (1, '2020-01-01')")
            var captured: [AMQPDelivery] = []
            try await Outside.open { outside in
                try await outside.passes(of: 1, #"[{"uuid":"p-1","status":"USABLE","time_created":"2026-01-01T00:00:00Z"}]"#)
                try await house.with(LoyaltyNotifier.self, settings: outside.settings) { _ in
                    try await house.with(TicketsCache.self, settings: outside.settings) { _ in
                        try await house.publish(
                            (1...50).map { (RideCompleted(userId: 1, rideId: "ride-\($0)", completedAt: house.clock.now), "id-\($0)") })
                        try await house.publish(TicketsRefreshRequested(userId: 1))
                        _ = try await house.ended(try await house.tick(.ticketsCacheRefreshStale))
                        try await house.eventually("select count(*) from tickets.refresh_log where status = 1", 2)
                        try await house.eventually("select (select count(*) from loyalty.outbox) + (select count(*) from tickets.outbox)", 0)
                    }
                }
            }
            captured += try await house.take("listener")
            try await house.broker.delete(queue: "listener")

            let keys = Set(captured.map(\.routingKey))
            #expect(keys.isSuperset(of: ["ride.completed", "loyalty.milestone-reached", "tickets.refresh-requested", "tickets-cache.refresh"]))
            let verdicts = try SchemaJudge.verdicts(
                captured.map {
                    .init(message: $0.exchange == Exchange.ticks ? "tick" : $0.routingKey, json: String(decoding: $0.body, as: UTF8.self))
                })
            #expect(verdicts.count == captured.count)
            for (delivery, verdict) in zip(captured, verdicts) {
                #expect(verdict == nil, "\(delivery.routingKey): \(String(decoding: delivery.body, as: UTF8.self))")
                let event = try JSONDecoder().decode(Event.self, from: Data(delivery.body))
                #expect(delivery.properties.contentType == "application/cloudevents+json")
                #expect(delivery.properties.messageID == event.id)
                #expect(delivery.properties.persistent)
                #expect(delivery.properties.headers[MessageHeader.traceparent]?.string == event.traceparent)
                #expect(TraceContext(traceparent: event.traceparent) != nil)
                let type = delivery.exchange == Exchange.ticks ? "com.boxoffice.tick" : "com.boxoffice.\(delivery.routingKey)"
                #expect(event.type == type)
            }
        }
    }

    private struct Event: Decodable {
        let id: String
        let type: String
        let traceparent: String
    }
}

/// The validator of Contracts/check, a program of its own.
enum SchemaJudge {
    /// A whole CloudEvent and the name of its message.
    struct Question: Encodable {
        let message: String
        let json: String
        let event = true
    }

    private static var python: String? { ProcessInfo.processInfo.environment["BOXOFFICE_PYTHON"] }
    private static var program: String {
        let root = ProcessInfo.processInfo.environment["BOXOFFICE_ROOT"] ?? "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return root + "/Contracts/check/contracts.py"
    }

    /// What the schemas refuse, in the order of the questions; nil where they accept.
    static func verdicts(_ questions: [Question]) throws -> [String?] {
        try JSONDecoder().decode(Answer.self, from: ask("verdicts", try JSONEncoder().encode(questions))).verdicts
    }

    /// What `contracts.py` answers.
    static func ask(_ verb: String, _ input: Data = Data()) throws -> Data {
        let file = FileManager.default.temporaryDirectory.appending(path: "question-\(UUID().uuidString).json")
        try input.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let output = Pipe()
        let child = Process()
        child.executableURL = URL(filePath: try #require(python, "BOXOFFICE_PYTHON is not set; run the tests by make test"))
        child.arguments = ["-B", program, verb]
        child.standardInput = try FileHandle(forReadingFrom: file)
        child.standardOutput = output
        try child.run()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        child.waitUntilExit()
        try #require(child.terminationStatus == 0)
        return answer
    }

    private struct Answer: Decodable { let verdicts: [String?] }
}
