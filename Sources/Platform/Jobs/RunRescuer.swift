import Contracts
import FoundationEssentials
import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Resumes abandoned runs, whatever happened to the message for their next slice: the state of a run is its row, not a
/// message.
///
/// At its start and three times a lease each service looks for running rows of its own jobs whose lease is over. In one
/// transaction it renews their leases and sends itself the message for the slice that each stopped at. Row locks make
/// sure that only one of several rescuers finds a row; should the first message still arrive, the slice number is the
/// fence: the slice is processed once. (Oban calls this a lifeline, River a job rescuer.)
struct RunRescuer: Service {
    /// The seconds of a lease when `RUN_LEASE` is not set. As runs are looked for three times a lease, a run is resumed
    /// within two minutes.
    static let standardLease = 90

    private let runtime: ServiceRuntime
    private let jobs: [JobName]

    init(_ runtime: ServiceRuntime, _ jobs: [JobName]) {
        self.runtime = runtime
        self.jobs = jobs
    }

    func run() async throws {
        guard await runtime.ready() else { return }
        await cancelWhenGracefulShutdown {
            await runtime.repeating(every: runtime.runLease / 3, complaint: "Abandoned runs cannot be looked for") {
                try await log(rescue(jobs))
            }
        }
    }

    /// Resumes the abandoned runs of some jobs now.
    func look(at jobs: [JobName]) async throws {
        log(try await runtime.retryingWhileDatabaseIsDown("Looking for abandoned runs") { try await rescue(jobs) })
    }

    private func rescue(_ jobs: [JobName]) async throws -> [JobRunStore.AbandonedRun] {
        try await runtime.transaction { tx in
            let abandoned = try await JobRunStore.rescue(jobs, lease: runtime.runLease, tx)
            for run in abandoned { try tx.publish(Tick(nextSliceOf: run), to: QueueName.ticks(of: tx.service)) }
            return abandoned
        }
    }

    private func log(_ abandoned: [JobRunStore.AbandonedRun]) {
        for run in abandoned {
            Metric.runsRescued("\(run.job)").increment()
            runtime.logger.warning("An abandoned run is resumed", metadata: ["job": "\(run.job)", "run": "\(run.id)", "slice": "\(run.slice)"])
        }
    }
}

extension Tick {
    fileprivate init(nextSliceOf run: JobRunStore.AbandonedRun) {
        self.init(
            job: JobName(rawValue: run.job), scheduledFor: run.scheduledFor, trigger: .api, dryRun: run.dryRun, misfire: .all,
            slice: .init(runId: run.id, number: run.slice))
    }
}
