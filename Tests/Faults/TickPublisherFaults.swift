import AMQP
import Contracts
import FoundationEssentials
import Glibc
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("The clock")
    struct TickPublisherFaults {
        private static let jobs = (1...10).map { "bench.job-\($0)" }
        private static let queue = "bench.listener"

        @Test("Ten jobs every second, three replicas of which one is killed again and again: each fire time is one tick")
        func killed() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let document = try Self.document(in: fixture)
                try await environment.broker.declare(Self.everyTick)
                var replicas: [ServiceProcess] = []
                for _ in 1...3 { replicas.append(try await fixture.startReady("tick-publisher", ["SCHEDULES_FILE": document])) }
                // At any moment of a second: before claiming, between claiming and publishing, between the confirm and the settlement.
                while try await Self.fireTimes(environment) < 400 {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 200...1_200)))
                    let victim = Int.random(in: 0..<replicas.count)
                    try await replicas[victim].kill()
                    replicas[victim] = try fixture.start("tick-publisher", ["SCHEDULES_FILE": document])
                }
                for job in Self.jobs {
                    try await environment.database.execute("select operations.change_schedule('test', $1, '{\"enabled\": false}')", job)
                }
                // What the dead had claimed is taken over when its lease ends.
                try await environment.eventually(
                    "select count(*) from operations.ticks where status = 'claimed' or scheduled_for > now() - interval '3 s'", 0)
                for replica in replicas {
                    replica.signal(SIGTERM)
                    #expect(try await replica.ended() == .exited(0))
                }
                let copies = try await Self.expectEachFireTimeOnce(environment)
                #expect(try await environment.value("select sum(attempts - 1) from operations.ticks", as: Int.self) ?? 0 >= copies)
            }
        }

        @Test("Broker and database are killed under two replicas in turn: no fire time is left out, and none is two ticks")
        func outages() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let document = try Self.document(in: fixture)
                try await environment.broker.declare(Self.everyTick)
                let settings = ["SCHEDULES_FILE": document]
                let replicas = try await [fixture.startReady("tick-publisher", settings), fixture.startReady("tick-publisher", settings)]
                try await fixture.servers.rememberQueues()
                for server in [PrivateServers.Server.broker, .database, .broker, .database] {
                    let before = try await Self.fireTimes(environment)
                    try await environment.eventually("the clock gets on") { try await Self.fireTimes(environment) > before + 20 }
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...1_000)))
                    try await fixture.servers.kill(server)
                    try await environment.eventually("/readyz notices that the \(server) is away") { await !fixture.isReady(replicas[0]) }
                    try await fixture.servers.start(server)
                    for replica in replicas { try await fixture.ready(replica) }
                    try await environment.eventually("the clock finds the \(server) again") {
                        (try? await Self.fireTimes(environment)) ?? 0 > before + 40
                    }
                }
                for replica in replicas {
                    replica.signal(SIGTERM)
                    #expect(try await replica.ended() == .exited(0))
                }
                try await environment.broker.connected()
                _ = try await Self.expectEachFireTimeOnce(environment)
            }
        }

        private static func document(in fixture: FaultFixture) throws -> String {
            let lines = jobs.map { #"  - {job: \#($0), service: bench, cron: "* * * * * *", zone: UTC, misfire: all, description: "For a test."}"# }
            let file = "\(fixture.servers.folder)/schedules-\(UInt32.random(in: 0...UInt32.max)).yaml"
            try (["version: 1", "schedules:"] + lines).joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
            return file
        }

        private static let everyTick = AMQPTopology(
            exchanges: ServiceTopology.exchanges.exchanges, queues: [.init(queue, arguments: ["x-queue-type": "quorum"])],
            bindings: [.init(queue: queue, exchange: Exchange.ticks, routingKey: "#")])

        private static func fireTimes(_ environment: TestEnvironment) async throws -> Int {
            try await environment.value("select count(*) from operations.ticks where status = 'published'", as: Int.self) ?? 0
        }

        /// On the wire, each fire time from the first to the last under one id; a process that died before it could record a confirm may have
        /// put that id there twice. In the table, a row each.
        /// - Returns: how many copies there were.
        private static func expectEachFireTimeOnce(_ environment: TestEnvironment) async throws -> Int {
            var instants: [String: [String: Date]] = [:]
            var copies = 0
            for delivery in try await environment.take(queue) {
                let envelope = try Envelope(delivery)
                let tick = try Tick.decode(envelope.data)
                #expect(envelope.id == "\(tick.job)@\(RFC3339.string(from: tick.scheduledFor))")
                if instants[tick.job.rawValue, default: [:]].updateValue(tick.scheduledFor, forKey: envelope.id) != nil { copies += 1 }
            }
            for job in jobs {
                let seconds = (instants[job] ?? [:]).values.map { Int($0.timeIntervalSince1970) }.sorted()
                let first = try #require(seconds.first)
                #expect(seconds == Array(first..<first + seconds.count), "\(job)")
            }
            let heard = instants.values.map(\.count).reduce(0, +)
            #expect(try await environment.value("select count(*) from operations.ticks where status = 'published'", as: Int.self) == heard)
            try await environment.broker.delete(queue: queue)
            return copies
        }
    }
}
