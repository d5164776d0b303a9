import AMQP
import Contracts
import FoundationEssentials
import Glibc
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("A difficult broker")
    struct BrokerTests {
        @Test("A message that cannot be published again as it came is parked all the same, and the queue flows on")
        func unrepeatable() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let service = try await fixture.startReady("loyalty-notifier")
                // The broker lets only a user itself publish under its name.
                var theirs = AMQPProperties(messageID: "user-id")
                theirs.userID = "boxoffice"
                // The broker sends a copy to each of these, of our copy too.
                var copied = AMQPProperties(messageID: "carbon-copy")
                copied.headers["CC"] = ["loyalty-notifier.events"]
                // So much that ours have no room in the frame.
                var full = AMQPProperties(messageID: "headers")
                full.headers["x-note"] = .string(String(repeating: "x", count: 128_600))
                for properties in [theirs, copied, full] {
                    let message = AMQPMessage(exchange: Exchange.events, routingKey: "ride.completed", properties: properties, body: Array("?".utf8))
                    #expect(try await environment.broker.publish([message]) == [.confirmed])
                }
                try await environment.publish(Rides.of(1, 1...50))
                try await environment.eventually("select rides from loyalty.members", 50)
                var parked: [Parked] = []
                for _ in 0..<3 { parked.append(try await environment.parked("loyalty-notifier")) }
                #expect(Set(parked.map { $0.delivery.properties.messageID }) == ["user-id", "carbon-copy", "headers"])
                #expect(parked.allSatisfy { $0.reason.contains("not a JSON object") && $0.routingKey == "ride.completed" })
                #expect(try await environment.broker.get("loyalty-notifier.parked") == nil)
                service.signal(SIGTERM)
                #expect(try await service.ended(within: StopTests.patience) == .exited(0))
            }
        }

        @Test("SIGTERM while the broker is short of memory and takes no messages: exit 0 within seconds, and the rest is announced later")
        func alarm() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let service = try await fixture.startReady("loyalty-notifier")
                try await environment.publish(Rides.of(1, 1...49))
                try await environment.eventually("select rides from loyalty.members", 49)
                try await fixture.servers.evaluate("vm_memory_monitor:set_vm_memory_high_watermark(0.000001).")
                // The connection is blocked by the first thing it publishes.
                try await environment.database.execute(
                    """
                    insert into loyalty.outbox (exchange, routing_key, message_id, body)
                    values ('boxoffice.events', 'loyalty.milestone-reached', 'left', '{}')
                    """)
                try await environment.eventually("the relay is at it") {
                    try await environment.value("select count(*) from pg_locks where relation = 'loyalty.outbox'::regclass", as: Int.self) ?? 0 > 0
                }
                service.signal(SIGTERM)
                let ending = try await service.ended(within: Self.patience)
                #expect(ending == .exited(0), "\(service.output)")
                try await fixture.servers.evaluate("vm_memory_monitor:set_vm_memory_high_watermark(0.6).")
                _ = try await fixture.startReady("loyalty-notifier")
                try await environment.eventually("select count(*) from loyalty.outbox", 0)
            }
        }

        @Test("During a memory alarm the command line says at once that the broker takes nothing; doctor and /readyz show it")
        func alarmIsShown() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let service = try await fixture.startReady("loyalty-notifier")
                try await fixture.servers.evaluate("vm_memory_monitor:set_vm_memory_high_watermark(0.000001).")
                try await environment.database.execute(
                    """
                    insert into loyalty.outbox (exchange, routing_key, message_id, body)
                    values ('boxoffice.events', 'loyalty.milestone-reached', 'left', '{}')
                    """)
                try await environment.eventually("it is not ready") { await !fixture.isReady(service) }
                let variables = environment.variables(fixture.stubs.settings)
                func boxoffice(_ arguments: String...) throws -> ServiceProcess {
                    let log = "\(fixture.servers.folder)/boxoffice-\(UInt32.random(in: 0...UInt32.max)).log"
                    return try ServiceProcess(Executables.path("boxoffice"), arguments, environment: variables, log: log)
                }
                let ride = #"{"userId":7,"rideId":"during-the-alarm","completedAt":"2026-11-25T18:00:00Z"}"#
                let publishing = try boxoffice("publish", "ride.completed", "--data", ride)
                try await environment.eventually("it says so") { publishing.output.contains("takes no messages now") }
                let doctor = try boxoffice("doctor")
                #expect(try await doctor.ended() == .exited(1))
                #expect(doctor.output.contains("FAIL  broker"), "\(doctor.output)")
                try await fixture.servers.evaluate("vm_memory_monitor:set_vm_memory_high_watermark(0.6).")
                let ending = try await publishing.ended()
                #expect(ending == .exited(0) || publishing.output.contains("not known"), "\(publishing.output)")
                try await environment.eventually("select count(*) from loyalty.rides where ride_id = 'during-the-alarm'", 1)
                try await fixture.ready(service)
            }
        }

        private static let patience = StopTests.patience

        @Test("Connections to broker and database that are cut again and again cost nobody an attempt, and nothing is lost or done twice")
        func cutConnections() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let members = 20
                let service = try await fixture.startReady("loyalty-notifier")
                let rides = (1...50).flatMap { number in (1...members).flatMap { Rides.of($0, number...number) } }
                async let published: Void = Rides.publishSteadily(rides, environment)
                for round in 1...12 {
                    let before = try await environment.value("select count(*) from loyalty.rides", as: Int.self) ?? 0
                    try await environment.eventually("loyalty-notifier gets on") {
                        let now = try await environment.value("select count(*) from loyalty.rides", as: Int.self) ?? 0
                        return now > before || now == rides.count
                    }
                    try await environment.database.execute(
                        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'loyalty-notifier' and datname = current_database()")
                    if round % 4 == 0 {
                        try await fixture.servers.evaluate(
                            #"[rabbit_networking:close_connection(P, "cut") || P <- rabbit_networking:connections()], ok."#)
                    }
                }
                try await published
                try await environment.eventually("select count(*) from loyalty.members where rides = 50", members)
                try await environment.eventually("everybody is told") { try await fixture.stubs.pushes().count >= members }
                #expect(try await fixture.stubs.pushes().flatMap(\.userIds).sorted() == Array(1...members))
                try await fixture.ready(service)
                let metrics = try await fixture.metrics(service)
                #expect(!metrics.contains(#"outcome="retried""#), "\(service.output.suffix(3000))")
                #expect(!metrics.contains(#"outcome="parked""#))
            }
        }
    }
}
