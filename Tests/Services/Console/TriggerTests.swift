import AMQP
import Contracts
import Curl
import Foundation
import Platform
import Postgres
import Support
import Testing

@testable import Console

@Suite("A trigger of the console is a tick on the broker like any other")
struct TriggerTests {
    /// The queue of a service that is not running.
    private static func declareQueue(_ fixture: ConsoleFixture) async throws {
        let job = JobName.bookingsCancelExpired
        try await fixture.environment.broker.declare(ServiceTopology(service: job.service, jobs: [job], types: []).topology)
    }

    private static func ticks(_ fixture: ConsoleFixture) async throws -> [Tick] {
        try await fixture.environment.take("bookings.ticks").map { delivery in
            let event = try JSONDecoder().decode([String: JSONAny].self, from: Data(delivery.body))
            return try Tick.decode(Array(try JSONEncoder().encode(event["data"]))[...])
        }
    }

    @Test("POST /background-jobs/{job}/run publishes the tick, says where its run will be, and is in the audit log")
    func run() async throws {
        try await ConsoleFixture.open { fixture in
            try await Self.declareQueue(fixture)
            let response = try await fixture.send(
                .post, "/background-jobs/bookings.cancel-expired/run",
                body: #"{"dryRun": true, "parameters": {"limit": "5"}, "scheduledFor": "2026-11-01T00:00:00Z", "reason": "they wait"}"#)
            #expect(response.status == 202)
            let answer = try JSONDecoder().decode(Answer.self, from: Data(response.body))
            #expect(response.headers.first("Location") == answer.run && answer.run == "/background-jobs/runs/\(answer.tick)")
            let tick = try #require(try await Self.ticks(fixture).first)
            #expect(tick.dryRun && tick.parameters == ["limit": "5"] && tick.trigger == .api)
            #expect(RFC3339.string(from: tick.scheduledFor) == "2026-11-01T00:00:00Z")
            let entry = try await fixture.environment.database.query(
                "select concat_ws(' ', actor, role, address, action, subject, reason, after -> 'parameters') from console.audit", as: String.self)
            #expect(entry == ["operator-program operator 127.0.0.1 job.dry-run \(answer.tick) they wait {\"limit\": \"5\"}"])
            #expect(try await fixture.send(.get, answer.run).status == 404)
        }
    }

    @Test("The six paths of the second document trigger their jobs")
    func aliases() async throws {
        try await ConsoleFixture.open { fixture in
            for (path, job) in APIRoutes.aliases {
                try await fixture.environment.broker.declare(ServiceTopology(service: job.service, jobs: [job], types: []).topology)
                let response = try await fixture.send(.post, "/background-jobs/\(path)")
                #expect(response.status == 202, "\(path)")
                #expect(try JSONDecoder().decode(Answer.self, from: Data(response.body)).tick.hasPrefix("\(job.rawValue)@"))
            }
        }
    }

    @Test("The same Idempotency-Key is the same trigger, from two consoles at once; with another body it is refused")
    func idempotencyKey() async throws {
        try await ConsoleFixture.open(replicas: 2) { fixture in
            try await Self.declareQueue(fixture)
            let path = "/background-jobs/bookings.cancel-expired/run"
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        let response = try await fixture.send(
                            .post, path, replica: number % 2, headers: ["Idempotency-Key": "k"], body: #"{"reason": "\#(number)"}"#)
                        #expect(response.status == 202)
                        return try JSONDecoder().decode(Answer.self, from: Data(response.body)).tick
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await Self.ticks(fixture).count == 1)
            let other = try await fixture.send(.post, path, headers: ["Idempotency-Key": "k"], body: #"{"dryRun": true}"#)
            #expect(other.status == 422 && other.text.contains("key-reused"))
            let stranger = try await fixture.send(.post, path, as: .admin, headers: ["Idempotency-Key": "k"])
            #expect(stranger.status == 202)
            #expect(!ids.contains(try JSONDecoder().decode(Answer.self, from: Data(stranger.body)).tick))
        }
    }

    @Test("A service that is not deployed is 503 and leaves nothing behind")
    func notDeployed() async throws {
        try await ConsoleFixture.open { fixture in
            let response = try await fixture.send(.post, "/background-jobs/bookings.cancel-expired/run")
            #expect(response.status == 503 && response.text.contains("bookings.ticks is not there"))
            #expect(try await fixture.environment.database.query("select count(*) from console.audit", as: Int.self) == [0])
        }
    }

    @Test("?wait=30s answers with the run when it is done")
    func wait() async throws {
        try await ConsoleFixture.open { fixture in
            try await Self.declareQueue(fixture)
            async let response = fixture.send(.post, "/background-jobs/bookings.cancel-expired/run?wait=20s")
            try await fixture.environment.eventually("select count(*) from console.audit", 1)
            try await fixture.environment.database.execute(
                """
                insert into operations.job_runs (job, tick_id, trigger, scheduled_for, started_at, finished_at, outcome, processed, service)
                select 'bookings.cancel-expired', subject, 'api', at, at, at, 'succeeded', 7, 'bookings' from console.audit
                """)
            let answer = try await response
            #expect(answer.status == 200)
            #expect(try JSONDecoder().decode(Answer.self, from: Data(answer.body)).result?.processed == 7)
        }
    }

    @Test(
        "What is not valid is told with the member that is to blame, and nothing is published",
        arguments: [
            (#"{"dryRun": "yes"}"#, "dryRun"), (#"{"parameters": {"a": 1}}"#, "parameters"), (#"{"scheduledFor": "soon"}"#, "scheduledFor"),
            ("[]", "body"), ("{", "body"), (#"{"reason": 5}"#, "reason"), (#"{"parameters": {"a": "\u0000"}}"#, "parameters"),
        ])
    func invalid(body: String, field: String) async throws {
        try await ConsoleFixture.open { fixture in
            try await Self.declareQueue(fixture)
            let response = try await fixture.send(.post, "/background-jobs/bookings.cancel-expired/run", body: body)
            #expect(response.status == 400 && response.headers.first("Content-Type") == "application/problem+json")
            #expect(response.text.contains(#""field":"\#(field)"#), "\(response.text)")
            #expect(try await Self.ticks(fixture).isEmpty)
        }
    }

    private struct Answer: Decodable {
        let tick: String
        let run: String
        let result: Result?

        struct Result: Decodable {
            let processed: Int
        }
    }
}

/// Any JSON value, as it was.
enum JSONAny: Codable {
    case text(String)
    case flag(Bool)
    case number(Int)
    case object([String: JSONAny])
    case list([JSONAny])
    case null

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([JSONAny].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: JSONAny].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .flag(let flag): try container.encode(flag)
        case .number(let number): try container.encode(number)
        case .object(let object): try container.encode(object)
        case .list(let list): try container.encode(list)
        case .null: try container.encodeNil()
        }
    }
}
