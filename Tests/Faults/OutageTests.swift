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
            try await Scene.open { scene in
                let house = scene.house
                let members = 40
                let users = 400
                try await scene.wantRefreshes(users)
                let loyalty = try await scene.startReady("loyalty-notifier")
                let tickets = try await scene.startReady("tickets-cache", ["BYTEMARK_IN_FLIGHT": "4"])
                try await scene.servers.rememberQueues()
                let rides = (1...50).flatMap { number in (1...members).flatMap { Rides.of($0, number...number) } }
                async let published: Void = Rides.publishSteadily(rides, house)
                let tick = try await house.tick(.ticketsCacheRefresh)
                for server in [PrivateServers.Server.broker, .database] {
                    try await Self.awaitProgress(house)
                    try await scene.servers.kill(server)
                    try await house.eventually("/readyz notices that the \(server) is away") {
                        let (first, second) = await (scene.isReady(loyalty), scene.isReady(tickets))
                        return !first && !second
                    }
                    try await scene.servers.start(server)
                    try await scene.ready(loyalty)
                    try await scene.ready(tickets)
                }
                try await published
                #expect(loyalty.hasEnded == nil)
                #expect(tickets.hasEnded == nil)

                try await house.eventually("select count(*) from loyalty.members where rides = 50", members)
                try await house.eventually("select count(*) from tickets.refresh_log where activity_type = 2 and status = 1", members)
                #expect(try await house.value("select count(*) from loyalty.rides", as: Int.self) == members * 50)
                #expect(try await house.value("select count(*) from loyalty.milestones", as: Int.self) == members)
                #expect(try await scene.outside.pushes().flatMap(\.userIds).sorted() == Array(1...members))
                #expect(try await house.broker.get("loyalty-notifier.parked") == nil)

                // What was being fetched when the database went is anybody's again after its lease.
                try await house.database.execute("update tickets.refresh_state set next_attempt_at = now() where wanted_since is not null")
                try await house.eventually("select count(*) from tickets.refresh_log where activity_type = 1 and status = 1", users)
                #expect(try await house.ended(tick).outcome == "succeeded")
                #expect(try await house.value("select count(*) from tickets.cache", as: Int.self) == users)
                #expect(try await house.broker.get("tickets-cache.parked") == nil)
            }
        }

        /// Both services have done something since now.
        private static func awaitProgress(_ house: TestHouse) async throws {
            let rides = try await house.value("select count(*) from loyalty.rides", as: Int.self) ?? 0
            let users = try await house.value("select count(*) from tickets.cache", as: Int.self) ?? 0
            try await house.eventually("the services get on") {
                let more = try await house.value("select count(*) from loyalty.rides", as: Int.self) ?? 0
                let others = try await house.value("select count(*) from tickets.cache", as: Int.self) ?? 0
                return more > rides && others > users
            }
        }

        @Test("Services that start while broker and database are away wait for them, and work as soon as they are there")
        func startWithoutServers() async throws {
            try await Scene.open { scene in
                let house = scene.house
                try await scene.startReady("loyalty-notifier").kill()
                try await house.publish(Rides.of(1, 1...50))
                try await scene.servers.kill(.database)
                let loyalty = try scene.start("loyalty-notifier")
                let tickets = try scene.start("tickets-cache")
                for service in [loyalty, tickets] { try await house.eventually("/livez") { await scene.isAlive(service) } }
                #expect(await !scene.isReady(loyalty))
                try await scene.servers.start(.database)
                try await scene.ready(loyalty)
                try await scene.ready(tickets)
                try await house.eventually("select rides from loyalty.members where user_id = 1", 50)
                try await house.eventually("one push") { try await scene.outside.pushes().count == 1 }
            }
        }
    }
}
