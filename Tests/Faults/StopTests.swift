import AMQP
import Contracts
import FoundationEssentials
import Glibc
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Stopped services")
    struct StopTests {
        /// A container is killed ten seconds after its SIGTERM.
        static let patience = Duration.seconds(8)

        @Test("SIGTERM in the middle of a big batch: exit 0 within seconds, and the next process counts the rest exactly")
        func bigBatch() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let members = 200
                try await fixture.startReady("loyalty-notifier").kill()
                try await environment.publish((1...members).flatMap { Rides.of($0, 1...50) })
                // The batch is in the middle for as long as this transaction is open.
                let first = try await environment.database.transaction { transaction in
                    try await transaction.execute("lock table loyalty.rides in share mode")
                    let first = try fixture.start("loyalty-notifier")
                    try await environment.eventually("a batch is to be counted") {
                        try await environment.value(
                            "select count(*) from pg_locks where relation = 'loyalty.rides'::regclass and not granted", as: Int.self) ?? 0 > 0
                    }
                    first.signal(SIGTERM)
                    return first
                }
                #expect(try await first.ended(within: Self.patience) == .exited(0))
                let counted = try await Self.count(environment)
                #expect(counted > 0 && counted < members * 50)
                try await environment.eventually("all that is counted is acked, all else is back in the queue") {
                    try await environment.broker.inspect(queue: "loyalty-notifier.events")?.messages == members * 50 - counted
                }
                _ = try fixture.start("loyalty-notifier")
                try await environment.eventually("select count(*) from loyalty.members where rides = 50", members)
                try await environment.eventually("everybody is told") { try await fixture.stubs.pushes().count >= members }
                #expect(try await fixture.stubs.pushes().flatMap(\.userIds).sorted() == Array(1...members))
            }
        }

        private static func count(_ environment: TestEnvironment) async throws -> Int {
            try await environment.value("select count(*) from loyalty.rides", as: Int.self) ?? 0
        }

        @Test("SIGTERM while pushes are under way: they are finished and marked before the exit")
        func pushesUnderWay() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                try await fixture.stubs.order("latency", #"{"part":"push","ms":700}"#)
                let service = try await fixture.startReady("loyalty-notifier")
                try await environment.publish((1...8).flatMap { Rides.of($0, 1...50) })
                try await environment.eventually("all pushes are under way") { try await fixture.stubs.received("push").count == 8 }
                service.signal(SIGTERM)
                #expect(try await service.ended(within: Self.patience) == .exited(0))
                #expect(try await environment.value("select count(*) from loyalty.deliveries where status = 'sent'", as: Int.self) == 8)
                #expect(try await fixture.stubs.received("push").count == 8)
            }
        }

        @Test("SIGTERM while the mail server is slow: exit 0 within seconds, no empty mail, and the whole one from the next process")
        func mailUnderWay() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                try await fixture.stubs.order("faults", #"{"part":"smtp","action":{"stage":"data","delayMs":3600000}}"#)
                let service = try await fixture.startReady("bookings")
                try await environment.database.execute(
                    """
                    insert into bookings.deliveries (kind, dedupe_key, payload)
                    values ('mail', 'booking-cancelled/7', jsonb_build_object('template', 'booking-expired',
                        'to', jsonb_build_object('email', 'ada@example.org', 'name', 'Ada'),
                        'facts', jsonb_build_object('reference', 'B-7', 'event', 'Rock', 'place', '', 'tickets', 2,
                            'time', jsonb_build_object('at', '2026-11-21T20:00', 'zone', 'Europe/Madrid'))))
                    """)
                try await environment.eventually("a mail is under way") { try await !fixture.stubs.received("smtp").isEmpty }
                service.signal(SIGTERM)
                #expect(try await service.ended(within: Self.patience) == .exited(0))
                try await fixture.stubs.letGo()
                try await environment.endLeases(in: "bookings")
                _ = try fixture.start("bookings")
                try await environment.eventually("select status from bookings.deliveries", "sent")
                let mails = try await fixture.stubs.mails()
                #expect(mails.count == 1)
                #expect(mails.first?.text?.contains("B-7") == true)
            }
        }

        @Test("SIGTERM in the middle of a refresh run: exit 0 within seconds, the other replica ends the run, and nobody is fetched twice")
        func refreshRun() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let users = 400
                try await fixture.wantRefreshes(users)
                let replicas = try await [fixture.startReady("tickets-cache", Self.slowly), fixture.startReady("tickets-cache", Self.slowly)]
                let tick = try await environment.tick(.ticketsCacheRefresh)
                try await environment.eventually("the run gets on") {
                    try await environment.value("select processed from operations.job_runs where tick_id = $1", as: Int.self, tick) ?? 0 > 20
                }
                let atWork = try #require(
                    try await environment.value("select instance from operations.job_runs where tick_id = $1", as: String.self, tick))
                let stopped = try #require(replicas.first { atWork.hasSuffix("/\($0.processID)") })
                stopped.signal(SIGTERM)
                #expect(try await stopped.ended(within: Self.patience) == .exited(0))
                #expect(try await environment.value("select outcome from operations.job_runs where tick_id = $1", as: String.self, tick) == "running")
                let run = try await environment.ended(tick)
                #expect(run.outcome == .succeeded)
                #expect(run.processed == users)
                #expect(try await environment.value("select count(*) from tickets.refresh_log where status = 1", as: Int.self) == users)
                try await fixture.expectEachFetchedOnce(users)
            }
        }

        static let slowly = ["BYTEMARK_IN_FLIGHT": "16"]

        @Test("SIGTERM at any moment of the start: exit 0", arguments: ["loyalty-notifier", "tickets-cache"])
        func whileStarting(name: String) async throws {
            try await FaultFixture.open { fixture in
                for delay in stride(from: 20, through: 400, by: 20) {
                    let service = try fixture.start(name)
                    // Before it has set up its signals the system ends it.
                    try await fixture.environment.eventually("a first sign of life") { await fixture.isAlive(service) || service.hasEnded != nil }
                    try await Task.sleep(for: .milliseconds(delay / 4))
                    service.signal(SIGTERM)
                    let ending = try await service.ended(within: Self.patience)
                    #expect(ending == .exited(0), "\(service.output)")
                }
            }
        }

        @Test(
            "SIGTERM while the database or the broker is away: exit 0 within seconds",
            arguments: PrivateServers.Server.allCases, ["loyalty-notifier", "tickets-cache"])
        func without(server: PrivateServers.Server, name: String) async throws {
            try await FaultFixture.open { fixture in
                let service = try await fixture.startReady(name)
                try await fixture.servers.kill(server)
                // Work waits for the database.
                if server == .database, name == "tickets-cache" { try await fixture.environment.tick(.ticketsCacheRefresh) }
                if server == .database, name == "loyalty-notifier" { try await fixture.environment.publish(Rides.of(1, 1...10)) }
                try await fixture.environment.eventually("the outage is noticed") { await !fixture.isReady(service) }
                // One that never saw the server is asked to stop as well.
                let late = try fixture.start(name)
                try await fixture.environment.eventually("/livez") { await fixture.isAlive(late) }
                service.signal(SIGTERM)
                late.signal(SIGTERM)
                #expect(try await service.ended(within: Self.patience) == .exited(0))
                #expect(try await late.ended(within: Self.patience) == .exited(0))
                try await fixture.servers.start(server)
            }
        }
    }
}
