import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Killed services")
    struct KillTests {
        @Test("50 rides a member, each told twice and out of order, while loyalty-notifier is killed 100 times: one award and one push a member")
        func hundredKills() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let members = 100
                try await fixture.startReady("loyalty-notifier").kill()
                for round in Self.rounds(of: members, count: 100) {
                    try await environment.publish(round)
                    try await Self.endLeases(environment)
                    let before = try await Self.progress(environment)
                    let service = try fixture.start("loyalty-notifier")
                    if Bool.random() {
                        try await environment.eventually("loyalty-notifier does not get on") { try await Self.progress(environment) != before }
                        try await Task.sleep(for: .milliseconds(Int.random(in: 0...40)))
                    } else {
                        try await Task.sleep(for: .milliseconds(Int.random(in: 0...150)))
                    }
                    try await service.kill()
                }
                try await Self.endLeases(environment)
                _ = try fixture.start("loyalty-notifier")
                try await environment.eventually("select count(*) from loyalty.inbox", members * 50)
                try await environment.eventually("select count(*) from tickets.refresh_log where activity_type = 2 and status = 1", members)
                try await environment.eventually("select count(*) from loyalty.outbox", 0)
                #expect(try await environment.value("select count(*) from loyalty.members where rides = 50", as: Int.self) == members)
                #expect(try await environment.value("select count(*) from loyalty.milestones", as: Int.self) == members)
                #expect(try await environment.value("select count(*) from tickets.refresh_log", as: Int.self) == members)
                #expect(try await environment.value("select count(*) from loyalty.deliveries where status <> 'sent'", as: Int.self) == 0)
                let pushed = try await fixture.stubs.pushes().flatMap(\.userIds).sorted()
                #expect(pushed == Array(1...members))
            }
        }

        /// Every ride twice, those of a member spread over a few rounds, so that each round leaves some member near the milestone.
        private static func rounds(of members: Int, count: Int) -> [[(RideCompleted, String)]] {
            var rounds = Array(repeating: [(RideCompleted, String)](), count: count)
            for member in 1...members {
                for ride in Rides.of(member, 1...50) + Rides.of(member, 1...50) {
                    let round = member * count / (members + 1) + Int.random(in: -6...6)
                    rounds[min(max(round, 0), count - 1)].append(ride)
                }
            }
            return rounds.map { $0.shuffled() }
        }

        /// Everybody who held a delivery is dead; a minute and a half later it is anybody's again.
        private static func endLeases(_ environment: TestEnvironment) async throws {
            try await environment.endLeases(in: "loyalty")
        }

        private static func progress(_ environment: TestEnvironment) async throws -> Int {
            try await environment.value(
                "select (select count(*) from loyalty.inbox) + (select count(*) from loyalty.deliveries where status = 'sent')", as: Int.self) ?? 0
        }
    }
}
