import Contracts
import FoundationEssentials
import Logging
import Postgres
import Support

@testable import Platform

/// A job that fails for a reason that may pass while user 500 has a token, and another one that does nothing.
struct Flaky: TestParts {
    struct Job: Platform.Job {
        static let name = JobName.ticketsCacheRefreshStale

        struct NotNow: Error {}

        func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
            let isBroken = try await tx.query("select exists (select from bytemark_tokens where user_id = 500)", as: Bool.self).first == true
            if isBroken { throw NotNow() }
            return Progress(1)
        }

        func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? { nil }
    }

    struct Other: Platform.Job {
        static let name = JobName.ticketsCacheRefresh

        func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress { Progress(1) }

        func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? { nil }
    }

    static func add(to service: inout ServiceBuilder) {
        service.add(job: Job())
        service.add(job: Other())
    }
}

extension TestEnvironment {
    /// A run of `tickets-cache.refresh-stale` that began, and did not go on: nobody works it, no message carries it on.
    @discardableResult
    func standingRun(
        _ tick: String = "left", for seconds: Double, service: String = "tickets-cache", job: JobName = .ticketsCacheRefreshStale, body: String? = nil
    ) async throws -> Int {
        try await value(
            """
            insert into operations.job_runs (job, tick_id, trigger, scheduled_for, started_at, touched_at, outcome, service, redelivery_key)
            values ($1, $2, 'manual', now(), now(), now() - make_interval(secs => $3), 'running', $4, md5($5))
            returning id
            """, as: Int.self, job.rawValue, tick, seconds, service, body) ?? 0
    }

    /// A service's insides, for statements of the ledger without its parts.
    func runtime(lease: Duration) -> ServiceRuntime {
        ServiceRuntime(
            name: "tickets-cache", instance: "test", clock: clock.wall, logger: TestServers.logger, database: database, broker: broker,
            runLease: lease)
    }

    /// Takes up what stands still, in a transaction of its own.
    func rescue(_ jobs: [JobName] = [.ticketsCacheRefreshStale], lease: Duration = .seconds(60)) async throws -> [Int] {
        try await runtime(lease: lease).transaction { try await JobRunStore.rescue(jobs, lease: lease, $0).map(\.id) }
    }
}
