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
        try await TestEnvironment.open { environment in
            let run = try await environment.standingRun(for: 600)
            try await environment.database.execute("update operations.job_runs set slice = 7")
            let ended = try await environment.with(TestService<Flaky>.self) { _ in try await environment.ended("left") }
            #expect(ended.outcome == .succeeded)
            #expect(try await environment.value("select slice from operations.job_runs where id = $1", as: Int.self, run) == 8)
            #expect(try await environment.value("select rescues from operations.job_runs where id = $1", as: Int.self, run) == 1)
        }
    }

    @Test("A service looks again and again: a run that loses its message later is taken up, too")
    func later() async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Flaky>.self, settings: ["RUN_LEASE": "1"]) { _ in
                try await environment.standingRun("first", for: 600)
                #expect(try await environment.ended("first").outcome == .succeeded)
                try await environment.standingRun("second", for: 0)
                #expect(try await environment.ended("second").outcome == .succeeded)
            }
        }
    }

    @Test("A tick that finds its job standing still takes that run up and is skipped itself")
    func byTick() async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Flaky>.self, settings: ["RUN_LEASE": "120"]) { host in
                _ = await host.runtime.ready()
                _ = try await environment.ended(try await environment.tick(job))
                let begun = ContinuousClock.now
                try await environment.standingRun(for: 600)
                let tick = try await environment.tick(job, trigger: .manual)
                #expect(try await environment.ended(tick).outcome == .skipped)
                #expect(try await environment.ended("left").outcome == .succeeded)
                // The service itself looks three times a lease.
                #expect(ContinuousClock.now - begun < .seconds(40))
            }
        }
    }

    @Test("A tick that waits for its turn takes up the run that stands still in its way, and then has its turn")
    func byTickThatWaits() async throws {
        try await TestEnvironment.open { environment in
            try await environment.with(TestService<Flaky>.self, settings: ["RUN_LEASE": "120"]) { host in
                _ = await host.runtime.ready()
                _ = try await environment.ended(try await environment.tick(job))
                try await environment.standingRun(for: 600)
                let tick = try await environment.tick(job, at: environment.clock.now + 60, misfire: .all)
                #expect(try await environment.ended("left").outcome == .succeeded)
                #expect(try await environment.ended(tick).outcome == .succeeded)
            }
        }
    }

    @Test("Of two who take it up at once one does, and a run whose row is locked is being worked")
    func once() async throws {
        try await TestEnvironment.open { environment in
            let run = try await environment.standingRun(for: 600)
            try await environment.runtime(lease: .seconds(60)).transaction { tx in
                let first = try await JobRunStore.rescue([job], lease: .seconds(60), tx).map(\.id)
                let second = try await environment.rescue()
                #expect(first == [run])
                #expect(second == [])
            }
            #expect(try await environment.rescue() == [])
            try await environment.database.execute("update operations.job_runs set touched_at = now() - interval '10 minutes'")
            try await environment.database.transaction { tx in
                try await tx.execute("select from operations.job_runs for update")
                let taken = try await environment.rescue()
                #expect(taken == [])
            }
            #expect(try await environment.rescue() == [run])
        }
    }

    @Test("Nothing is taken up before its lease is over, of a job that the service does not have, or of another service")
    func notEverything() async throws {
        try await TestEnvironment.open { environment in
            try await environment.standingRun("fresh", for: 30)
            try await environment.standingRun("unknown", for: 600, job: .ticketsCacheRefresh)
            try await environment.standingRun("foreign", for: 600, service: "bookings", job: .bookingsCancelExpired)
            #expect(try await environment.rescue([job, .bookingsCancelExpired]) == [])
        }
    }

    @Test("A run that waits for its next attempt is not taken up before that is due")
    func resting() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute("insert into tickets.bytemark_tokens (user_id, token) values (500, 't')")
            try await environment.with(TestService<Flaky>.self) { _ in
                let tick = try await environment.tick(job)
                try await environment.eventually("the pause is on the run") {
                    try await environment.value(
                        "select touched_at > clock_timestamp() + interval '3 seconds' from operations.job_runs", as: Bool.self)
                        == true
                }
                try await environment.database.execute("delete from tickets.bytemark_tokens")
                let run = try await environment.hurrying("tickets-cache.ticks") { try await environment.ended(tick) }
                #expect(run.outcome == .succeeded)
            }
        }
    }

    @Test("A stale message that fails for the last time does not end the run, which has gone on meanwhile")
    func staleFailure() async throws {
        try await TestEnvironment.open { environment in
            let run = try await environment.standingRun(for: 0)
            try await environment.database.execute("update operations.job_runs set slice = 3")
            try await environment.runtime(lease: .seconds(60)).transaction { tx in
                try await JobRunStore.fail(run, slice: 2, why: "stale", tx)
                try await JobRunStore.rest(run, slice: 2, for: .seconds(180), tx)
            }
            let isRunning = try await environment.value("select outcome = 'running' and touched_at < now() from operations.job_runs", as: Bool.self)
            #expect(isRunning == true)
            try await environment.runtime(lease: .seconds(60)).transaction { try await JobRunStore.fail(run, slice: 3, why: "for good", $0) }
            #expect(try await environment.value("select outcome from operations.job_runs", as: String.self) == "failed")
        }
    }
}
