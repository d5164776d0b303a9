import AMQP
import Contracts
import FoundationEssentials
import Glibc
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Replicas")
    struct ReplicaTests {
        @Test("Two replicas of loyalty-notifier share the rides, and each ride is counted once")
        func rides() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let members = 120
                let replicas = try await [fixture.startReady("loyalty-notifier"), fixture.startReady("loyalty-notifier")]
                // Copies in other batches, so that both meet the same rides and members at the same time.
                for _ in 0..<2 { try await environment.publish((1...members).flatMap { Rides.of($0, 1...50) }.shuffled()) }
                try await environment.eventually("select count(*) from loyalty.members where rides = 50", members)
                try await environment.eventually("everybody is told") { try await fixture.stubs.pushes().count >= members }
                try await environment.eventually("the queue is empty") {
                    try await environment.broker.inspect(queue: "loyalty-notifier.events")?.messages == 0
                }
                #expect(try await fixture.stubs.pushes().flatMap(\.userIds).sorted() == Array(1...members))
                #expect(try await environment.value("select count(*) from loyalty.milestones", as: Int.self) == members)
                #expect(try await environment.broker.get("loyalty-notifier.parked") == nil)
                for replica in replicas {
                    let metrics = try await fixture.metrics(replica)
                    #expect(metrics.contains(#"boxoffice_messages_total{queue="loyalty-notifier.events",outcome="processed"}"#))
                    #expect(!metrics.contains(#"outcome="retried""#), "no replica is in the way of the other")
                }
            }
        }

        @Test("Two replicas of tickets-cache with runs for each of them fetch nobody twice")
        func refreshes() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let users = 300
                try await fixture.wantRefreshes(users)
                _ = try await [fixture.startReady("tickets-cache", StopTests.slowly), fixture.startReady("tickets-cache", StopTests.slowly)]
                let tick = try await environment.tick(.ticketsCacheRefresh)
                for _ in 0..<6 {
                    try await environment.tick(.ticketsCacheRefresh, trigger: .manual)
                    try await environment.tick(.ticketsCacheRefreshStale, trigger: .manual)
                }
                #expect(try await environment.ended(tick).outcome != .failed)
                try await environment.eventually("select count(*) from tickets.refresh_log where status = 1", users)
                try await environment.eventually("select count(*) from operations.job_runs where outcome = 'running'", 0)
                try await fixture.expectEachFetchedOnce(users)
            }
        }

        @Test("A process that is killed in the middle of a refresh costs one slice: another takes the run over, and everybody is refreshed")
        func takenOver() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let users = 400
                try await fixture.wantRefreshes(users)
                let first = try await fixture.startReady("tickets-cache", StopTests.slowly)
                let tick = try await environment.tick(.ticketsCacheRefresh)
                try await environment.eventually("the run gets on") {
                    try await environment.value("select processed from operations.job_runs where tick_id = $1", as: Int.self, tick) ?? 0 > 20
                }
                try await first.kill()
                let before = try await environment.value("select count(*) from tickets.cache", as: Int.self) ?? 0
                #expect(before < users)
                // What the dead process was fetching is anybody's again after its lease.
                try await environment.database.execute("update tickets.refresh_state set next_attempt_at = now() where leased_by is not null")
                let second = try await fixture.startReady("tickets-cache", StopTests.slowly)
                let run = try await environment.ended(tick)
                #expect(run.outcome == .succeeded)
                #expect(run.processed == users)
                #expect(try await environment.value("select count(*) from tickets.refresh_log where status = 1", as: Int.self) == users)
                #expect(try await environment.value("select count(*) from tickets.cache", as: Int.self) == users)
                let instance = try await environment.value("select instance from operations.job_runs where tick_id = $1", as: String.self, tick)
                #expect(instance?.hasSuffix("/\(second.processID)") == true)
                // Only what was under way is fetched again: at most what one process holds.
                #expect(try await fixture.stubs.received("bytemark").count <= 2 * (users + 32))
            }
        }
    }
}
