import FoundationEssentials
import Glibc
import Platform
import Postgres
import Support
import Synchronization
import Testing

extension FaultTests {
    @Suite("Kills under load")
    struct KillsUnderLoadProof {
        private static let services = ["loyalty-notifier", "tickets-cache", "payments", "bookings", "events"]

        @Test(
            "Rides, refreshes, sales, expiries and refunds while services, broker and database are killed at random: nothing is lost, nothing is done twice",
            .timeLimit(.minutes(60)))
        func killsUnderLoad() async throws {
            try await FaultFixture.open { fixture in
                let load = try await SteadyLoad.begin(fixture)
                var random = Proof.random("kills under load")
                var running: [String: ServiceProcess] = [:]
                for service in Self.services { running[service] = try await fixture.startReady(service) }
                try await fixture.servers.rememberQueues()

                let end = ContinuousClock.now + .seconds(Proof.size(20, whole: 1800))
                let isOver = Mutex(false)
                async let loaded: Void = load.run { isOver.withLock { $0 } }
                var kills: [String: Int] = [:]
                while ContinuousClock.now < end {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 50...2500, using: &random)))
                    let victim = try await Self.strike(fixture, &running, &random)
                    kills[victim, default: 0] += 1
                }
                isOver.withLock { $0 = true }
                try await loaded
                try await load.expectEverythingOnce()
                let told = kills.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
                Proof.report("kills under load", "\(load.summary); killed: \(told); lost 0, twice 0")
            }
        }

        /// Kills something and starts it again: a service mostly, by SIGKILL or SIGTERM; sometimes the broker or the database.
        private static func strike(
            _ fixture: FaultFixture, _ running: inout [String: ServiceProcess], _ random: inout SplitMix64
        ) async throws -> String {
            if Int.random(in: 0..<12, using: &random) == 0, let server = PrivateServers.Server.allCases.randomElement(using: &random) {
                try await fixture.servers.kill(server)
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...1500, using: &random)))
                try await fixture.servers.start(server)
                return server.rawValue
            }
            let victim = services[Int.random(in: 0..<services.count, using: &random)]
            running[victim]?.signal(Bool.random(using: &random) ? SIGKILL : SIGTERM)
            try await running[victim]?.ended()
            running[victim] = try fixture.start(victim)
            return victim
        }
    }
}
