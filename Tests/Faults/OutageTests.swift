import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Killed servers")
    struct OutageTests {
        @Test("Broker and database are killed in turn under load: every service comes back by itself, nothing is lost, nothing is done twice")
        func inTurn() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let members = 40
                let users = 400
                try await fixture.wantRefreshes(users)
                let loyalty = try await fixture.startReady("loyalty-notifier")
                let tickets = try await fixture.startReady("tickets-cache", ["BYTEMARK_IN_FLIGHT": "4"])
                try await fixture.servers.rememberQueues()
                let rides = (1...50).flatMap { number in (1...members).flatMap { Rides.of($0, number...number) } }
                async let published: Void = Rides.publishSteadily(rides, environment)
                let tick = try await environment.tick(.ticketsCacheRefresh)
                for server in [PrivateServers.Server.broker, .database] {
                    try await Self.awaitProgress(environment)
                    try await fixture.servers.kill(server)
                    try await environment.eventually("/readyz notices that the \(server) is away") {
                        let (first, second) = await (fixture.isReady(loyalty), fixture.isReady(tickets))
                        return !first && !second
                    }
                    try await fixture.servers.start(server)
                    try await fixture.ready(loyalty)
                    try await fixture.ready(tickets)
                }
                try await published
                #expect(loyalty.hasEnded == nil)
                #expect(tickets.hasEnded == nil)

                try await environment.eventually("select count(*) from loyalty.members where rides = 50", members)
                try await environment.eventually("select count(*) from tickets.refresh_log where activity_type = 2 and status = 1", members)
                #expect(try await environment.value("select count(*) from loyalty.rides", as: Int.self) == members * 50)
                #expect(try await environment.value("select count(*) from loyalty.milestones", as: Int.self) == members)
                #expect(try await fixture.stubs.pushes().flatMap(\.userIds).sorted() == Array(1...members))
                #expect(try await environment.broker.get("loyalty-notifier.parked") == nil)

                // What was being fetched when the database went is anybody's again after its lease.
                try await environment.database.execute("update tickets.refresh_state set next_attempt_at = now() where requested_since is not null")
                try await environment.eventually("select count(*) from tickets.refresh_log where activity_type = 1 and status = 1", users)
                #expect(try await environment.ended(tick).outcome == .succeeded)
                #expect(try await environment.value("select count(*) from tickets.cache", as: Int.self) == users)
                #expect(try await environment.broker.get("tickets-cache.parked") == nil)
            }
        }

        /// Both services have done something since now.
        private static func awaitProgress(_ environment: TestEnvironment) async throws {
            let rides = try await environment.value("select count(*) from loyalty.rides", as: Int.self) ?? 0
            let users = try await environment.value("select count(*) from tickets.cache", as: Int.self) ?? 0
            try await environment.eventually("the services get on") {
                let more = try await environment.value("select count(*) from loyalty.rides", as: Int.self) ?? 0
                let others = try await environment.value("select count(*) from tickets.cache", as: Int.self) ?? 0
                return more > rides && others > users
            }
        }

        @Test("Services that start while broker and database are away wait for them, and work as soon as they are there")
        func startWithoutServers() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                try await fixture.startReady("loyalty-notifier").kill()
                try await environment.publish(Rides.of(1, 1...50))
                try await fixture.servers.kill(.database)
                let loyalty = try fixture.start("loyalty-notifier")
                let tickets = try fixture.start("tickets-cache")
                for service in [loyalty, tickets] { try await environment.eventually("/livez") { await fixture.isAlive(service) } }
                #expect(await !fixture.isReady(loyalty))
                try await fixture.servers.start(.database)
                try await fixture.ready(loyalty)
                try await fixture.ready(tickets)
                try await environment.eventually("select rides from loyalty.members where user_id = 1", 50)
                try await environment.eventually("one push") { try await fixture.stubs.pushes().count == 1 }
            }
        }
    }
}
