import AMQP
import Foundation
import Platform
import Support
import Testing

@Suite("Looking at parked messages changes nothing")
struct ParkedTests {
    private struct Parked: Decodable {
        let id: String
        let reason: String
    }

    private static let queue = "payments.parked"

    private func withParked(_ count: Int, _ body: @Sendable (TestEnvironment, CommandLineTool, [String]) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            try await environment.broker.declare(.init(queues: [.init(Self.queue, arguments: ["x-queue-type": "quorum"])]))
            let ids = (1...count).map { "m-\($0)" }
            let outcomes = try await environment.broker.publish(ids.enumerated().map { Self.message($1, reason: $0 % 3 == 0 ? "two" : "one") })
            #expect(outcomes.allSatisfy { $0 == .confirmed })
            try await body(environment, CommandLineTool(environment), ids)
        }
    }

    private static func message(_ id: String, reason: String) -> AMQPMessage {
        let headers: AMQPTable = [
            MessageHeader.reason: .string(reason), MessageHeader.attempts: .int(5), MessageHeader.queue: "payments.events",
            MessageHeader.exchange: "boxoffice.events", MessageHeader.routingKey: "payment.decided", MessageHeader.source: "ana",
            MessageHeader.parkedAt: "2026-03-01T10:00:00Z", MessageHeader.parkedBy: "payments-1", "theirs": .int(7),
        ]
        var properties = AMQPProperties(contentType: "application/json", headers: headers)
        properties.messageID = id
        return AMQPMessage(exchange: "", routingKey: queue, properties: properties, body: Array("body of \(id)".utf8))
    }

    /// How often the broker counts that it was given back.
    private static func returns(_ delivery: AMQPDelivery) -> Int64 { delivery.headers["x-delivery-count"]?.int ?? 0 }

    @Test("After 25 looks no return is counted, and order, properties and bodies are as they were")
    func counts() async throws {
        try await withParked(5) { environment, boxoffice, ids in
            for _ in 1...25 {
                #expect(try await boxoffice("parked", "list", "--json").json(as: [Parked].self).map(\.id) == ids)
            }
            let deliveries = try await environment.take(Self.queue)
            #expect(deliveries.map { $0.properties.messageID } == ids)
            for delivery in deliveries {
                let id = delivery.properties.messageID ?? ""
                #expect(Self.returns(delivery) == 0)
                #expect(!delivery.redelivered)
                var headers = delivery.headers
                headers["x-delivery-count"] = nil
                #expect(headers == Self.message(id, reason: id == "m-1" || id == "m-4" ? "two" : "one").properties.headers)
                #expect(delivery.properties.contentType == "application/json")
                #expect(delivery.body == Array("body of \(id)".utf8))
            }
        }
    }

    @Test("Looking, showing, dropping one and a replay that is refused leave the others where they were")
    func others() async throws {
        try await withParked(5) { environment, boxoffice, ids in
            #expect(try await boxoffice("parked", "show", "m-2").status == 0)
            #expect(try await boxoffice("parked", "drop", "m-2").status == 0)
            let replay = try await boxoffice("parked", "replay", "m-3")
            #expect(replay.status == 1)
            #expect(replay.output == "0 messages replayed\n")
            #expect(replay.errors.contains("m-3 stays parked: the broker does not take it for payments.events"))
            let rest = try await environment.take(Self.queue)
            #expect(rest.map { $0.properties.messageID } == ["m-1", "m-3", "m-4", "m-5"])
            #expect(rest.map(Self.returns) == [0, 0, 0, 0])
        }
    }

    @Test("Four who look at once see all 27, each in their order")
    func atOnce() async throws {
        try await withParked(27) { environment, boxoffice, ids in
            let seen = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 1...4 {
                    group.addTask { try await boxoffice("parked", "list", "--json").json(as: [Parked].self).map(\.id) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(seen == Array(repeating: ids, count: 4))
            #expect(try await environment.take(Self.queue).map { $0.properties.messageID } == ids)
        }
    }

    @Test("A command that is killed while it looks loses nothing")
    func killed() async throws {
        try await withParked(200) { environment, boxoffice, ids in
            for round in 0..<15 {
                let process = Process()
                process.executableURL = CommandLineTool.executable
                process.arguments = ["parked", "list"]
                process.environment = boxoffice.variables
                process.standardOutput = FileHandle.nullDevice
                process.standardError = FileHandle.nullDevice
                try process.run()
                // Somewhere between its start and its end, which is about there.
                try await Task.sleep(for: .milliseconds(20 * round))
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
            }
            let seen = try await boxoffice("parked", "list", "--json").json(as: [Parked].self).map(\.id)
            #expect(Set(seen) == Set(ids))
            #expect(try await environment.take(Self.queue).count == seen.count)
        }
    }

    @Test("What a stranger asks the broker for is not done again by a copy")
    func strangers() async throws {
        try await withParked(1) { environment, boxoffice, _ in
            try await environment.broker.declare(.init(queues: [.init("elsewhere", exclusive: true)]))
            var message = Self.message("m-2", reason: "three")
            message.properties.headers["CC"] = .array(["elsewhere"])
            message.properties.headers["x-death"] = "mine"
            message.properties.expiration = .seconds(3600)
            #expect(try await environment.broker.publish([message]) == [.confirmed])
            let copies = try await environment.take("elsewhere").count
            #expect(copies > 0)
            #expect(try await boxoffice("parked", "list", "--json").json(as: [Parked].self).map(\.id) == ["m-1", "m-2"])
            #expect(try await environment.take("elsewhere").isEmpty)
            try await environment.broker.delete(queue: "elsewhere")
        }
    }

    @Test("The doctor tells of parked messages by service and reason")
    func doctor() async throws {
        struct CheckResult: Decodable {
            let status: String
            let what: String
            let detail: String
        }
        try await withParked(7) { environment, boxoffice, ids in
            let lines = try await boxoffice("doctor", "--json").json(as: [CheckResult].self)
            let parked = lines.filter { $0.what.hasPrefix("parked") }
            #expect(parked.map(\.what) == ["parked of payments"])
            #expect(parked.first?.status == "FAIL")
            #expect(parked.first?.detail.hasPrefix("7 messages: 4 × one; 3 × two. Mend the cause") == true, "\(parked)")
            #expect(try await environment.take(Self.queue).map { $0.properties.messageID } == ids)
        }
    }
}
