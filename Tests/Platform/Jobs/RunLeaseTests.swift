import AMQP
import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Platform

@Suite("The lease of a run")
struct RunLeaseTests {
    private let job = JobName.ticketsCacheRefreshStale

    @Test("A run whose lease is over is taken up at a service's start, without any message, at the slice where it stopped")
    func atStart() async throws {
        try await TestHouse.open { house in
            let run = try await house.standingRun(for: 600)
            try await house.database.execute("update operations.job_runs set slice = 7")
            let ended = try await house.with(TestService<Flaky>.self) { _ in try await house.ended("left") }
            #expect(ended.outcome == "succeeded")
            #expect(try await house.value("select slice from operations.job_runs where id = $1", as: Int.self, run) == 8)
            #expect(try await house.value("select rescues from operations.job_runs where id = $1", as: Int.self, run) == 1)
        }
    }

    @Test("A service looks again and again: a run that loses its message later is taken up, too")
    func later() async throws {
        try await TestHouse.open { house in
            try await house.with(TestService<Flaky>.self, settings: ["RUN_LEASE": "1"]) { _ in
                try await house.standingRun("first", for: 600)
                #expect(try await house.ended("first").outcome == "succeeded")
                try await house.standingRun("second", for: 0)
                #expect(try await house.ended("second").outcome == "succeeded")
            }
        }
    }

    @Test("A tick that finds its job standing still takes that run up and is skipped itself")
    func byTick() async throws {
        try await TestHouse.open { house in
            try await house.with(TestService<Flaky>.self, settings: ["RUN_LEASE": "120"]) { host in
                _ = await host.runtime.ready()
                _ = try await house.ended(try await house.tick(job))
                let begun = ContinuousClock.now
                try await house.standingRun(for: 600)
                let tick = try await house.tick(job, trigger: .manual)
                #expect(try await house.ended(tick).outcome == "skipped")
                #expect(try await house.ended("left").outcome == "succeeded")
                // The service itself looks three times a lease.
                #expect(ContinuousClock.now - begun < .seconds(40))
            }
        }
    }

    @Test("A tick that waits for its turn takes up the run that stands still in its way, and then has its turn")
    func byTickThatWaits() async throws {
        try await TestHouse.open { house in
            try await house.with(TestService<Flaky>.self, settings: ["RUN_LEASE": "120"]) { host in
                _ = await host.runtime.ready()
                _ = try await house.ended(try await house.tick(job))
                try await house.standingRun(for: 600)
                let tick = try await house.tick(job, at: house.clock.now + 60, misfire: .all)
                #expect(try await house.ended("left").outcome == "succeeded")
                #expect(try await house.ended(tick).outcome == "succeeded")
            }
        }
    }

    @Test("Of two who take it up at once one does, and a run whose row is locked is being worked")
    func once() async throws {
        try await TestHouse.open { house in
            let run = try await house.standingRun(for: 600)
            try await house.runtime(lease: .seconds(60)).transaction { tx in
                let first = try await RunLedger.takeUp([job], lease: .seconds(60), tx).map(\.id)
                let second = try await house.takeUp()
                #expect(first == [run])
                #expect(second == [])
            }
            #expect(try await house.takeUp() == [])
            try await house.database.execute("update operations.job_runs set touched_at = now() - interval '10 minutes'")
            try await house.database.transaction { tx in
                try await tx.execute("select from operations.job_runs for update")
                let taken = try await house.takeUp()
                #expect(taken == [])
            }
            #expect(try await house.takeUp() == [run])
        }
    }

    @Test("Nothing is taken up before its lease is over, of a job that the service does not have, or of another service")
    func notEverything() async throws {
        try await TestHouse.open { house in
            try await house.standingRun("fresh", for: 30)
            try await house.standingRun("unknown", for: 600, job: .ticketsCacheRefresh)
            try await house.standingRun("foreign", for: 600, service: "bookings", job: .bookingsCancelExpired)
            #expect(try await house.takeUp([job, .bookingsCancelExpired]) == [])
        }
    }

    @Test("A run that waits for its next attempt is not taken up before that is due")
    func resting() async throws {
        try await TestHouse.open { house in
            try await house.database.execute("insert into tickets.bytemark_tokens (user_id, token) values (500, 't')")
            try await house.with(TestService<Flaky>.self) { _ in
                let tick = try await house.tick(job)
                try await house.eventually("the pause is on the run") {
                    try await house.value("select touched_at > clock_timestamp() + interval '3 seconds' from operations.job_runs", as: Bool.self)
                        == true
                }
                try await house.database.execute("delete from tickets.bytemark_tokens")
                let run = try await house.hurrying("tickets-cache.ticks") { try await house.ended(tick) }
                #expect(run.outcome == "succeeded")
            }
        }
    }

    @Test("A stale message that fails for the last time does not end the run, which has gone on meanwhile")
    func staleFailure() async throws {
        try await TestHouse.open { house in
            let run = try await house.standingRun(for: 0)
            try await house.database.execute("update operations.job_runs set slice = 3")
            try await house.runtime(lease: .seconds(60)).transaction { tx in
                try await RunLedger.giveUp(run, slice: 2, why: "stale", tx)
                try await RunLedger.rest(run, slice: 2, for: .seconds(180), tx)
            }
            let isRunning = try await house.value("select outcome = 'running' and touched_at < now() from operations.job_runs", as: Bool.self)
            #expect(isRunning == true)
            try await house.runtime(lease: .seconds(60)).transaction { try await RunLedger.giveUp(run, slice: 3, why: "for good", $0) }
            #expect(try await house.value("select outcome from operations.job_runs", as: String.self) == "failed")
        }
    }
}
