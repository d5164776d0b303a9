import AMQP
import Contracts
import FoundationEssentials
import Glibc
import Platform
import Postgres
import Support
import Testing

/// Kills one service at random moments while all of its jobs are at work, and waits each time until no run of it is left.
struct RunKills: Sendable {
    let fixture: FaultFixture
    let day: BusyDay
    let service: String
    let jobs: [JobName]
    /// Seconds.
    let lease: Int

    /// What was done, and how it went.
    struct Tally: Sendable {
        var kills = 0
        var terminations = 0
        /// Runs that were under way when their process ended.
        var caught = 0
        /// How often the messages of the runs were lost, too.
        var queuesEmptied = 0
        /// The longest that a run was left after its service was back.
        var longest = Duration.zero

        static func + (a: Tally, b: Tally) -> Tally {
            Tally(
                kills: a.kills + b.kills, terminations: a.terminations + b.terminations, caught: a.caught + b.caught,
                queuesEmptied: a.queuesEmptied + b.queuesEmptied, longest: max(a.longest, b.longest))
        }
    }

    private var environment: TestEnvironment { fixture.environment }

    /// So many rounds with ids and without, each with SIGKILL and with SIGTERM.
    func run(rounds: Int) async throws -> Tally {
        var random = Proof.random("runs of \(service)")
        var tally = Tally()
        var process = try await fixture.startReady(service, settings)
        for _ in 0..<rounds {
            for (hasID, signal) in [(true, SIGKILL), (false, SIGKILL), (true, SIGTERM), (false, SIGTERM)] {
                try await day.goOn(for: service)
                try await interrupt(process, signal, hasID: hasID, &random)
                tally.kills += 1
                if signal == SIGTERM { tally.terminations += 1 }
                tally.caught += try await running()
                if Int.random(in: 0..<4, using: &random) == 0 {
                    _ = try await environment.take("\(service).ticks")
                    tally.queuesEmptied += 1
                }
                // The rows that the dead process held have a lease of their own, which is longer.
                try await environment.database.execute("update tickets.refresh_state set next_attempt_at = now() where leased_by is not null")
                process = try await fixture.startReady(service, settings)
                let back = ContinuousClock.now
                try await environment.eventually("a run of \(service) does not end") { try await running() == 0 }
                tally.longest = max(tally.longest, ContinuousClock.now - back)
            }
        }
        try await process.kill()
        return tally
    }

    private var settings: [String: String] { ["RUN_LEASE": "\(lease)"] }

    /// Triggers all jobs and ends the process, at any moment or while their slices are open for sure.
    private func interrupt(_ process: ServiceProcess, _ signal: Int32, hasID: Bool, _ random: inout SplitMix64) async throws {
        let pause = Duration.milliseconds(Int.random(in: 0...120, using: &random))
        if Bool.random(using: &random) {
            try await whileLocked {
                try await trigger(hasID: hasID)
                let deadline = ContinuousClock.now + .seconds(1)
                while try await running() < jobs.count, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
                try await Task.sleep(for: pause)
                process.signal(signal)
            }
        } else {
            try await trigger(hasID: hasID)
            try await Task.sleep(for: pause)
            process.signal(signal)
        }
        let ending = try await process.ended()
        #expect(ending == (signal == SIGTERM ? .exited(0) : .killed(signal)), "\(process.output.suffix(1000))")
    }

    private func trigger(hasID: Bool) async throws {
        for job in jobs {
            if hasID {
                try await environment.tick(job, trigger: .manual)
            } else {
                try await environment.publish(raw: "{}", to: Exchange.ticks, job.rawValue)
            }
        }
    }

    /// Nobody reads or writes the service's tables while the body runs; its messaging goes on. Where they are in use, it goes on without.
    private func whileLocked(_ body: @Sendable () async throws -> Void) async throws {
        let tables = try await environment.database.query(
            """
            select string_agg(c.oid::regclass::text, ', ') from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind = 'r' and n.nspname = $1 and c.relname not in ('inbox', 'outbox', 'deliveries')
            """, as: String.self, schema
        ).first
        let lock = SQL(file: "lock table \(try #require(tables)) in access exclusive mode nowait")
        try await environment.database.transaction { tx in
            try await tx.execute("savepoint before")
            do { try await tx.execute(lock) } catch is PostgresError { try await tx.execute("rollback to savepoint before") }
            try await body()
        }
    }

    private var schema: String {
        switch service {
        case "tickets-cache": "tickets"
        case "loyalty-notifier": "loyalty"
        default: service
        }
    }

    private func running() async throws -> Int {
        try await environment.value("select count(*) from operations.job_runs where outcome = 'running' and service = $1", as: Int.self, service) ?? 0
    }
}
