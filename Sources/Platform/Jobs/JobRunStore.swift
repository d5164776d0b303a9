import Contracts
import FoundationEssentials
import Postgres

/// Reads and writes `operations.job_runs`: which runs are in progress, since when, how far, and how they ended.
///
/// A row is `running` from its first slice to its last. At most one run of a job is in progress, dry runs excepted: a
/// unique index enforces it, not this code. The slice number in the row is the fence: a slice message with another
/// number is stale, because that slice was processed already.
///
/// A running row has a lease, which counts from `touched_at`, by the database's clock: a process that works on a slice
/// locks the row or touches it. A run whose lease is over has no owner and is resumed by ``RunRescuer``.
enum JobRunStore {
    /// The decision about a tick.
    enum Admission: Sendable, Equatable {
        /// The tick's run is to be processed, from this slice on.
        case run(id: Int, slice: Int)
        /// The tick was processed before.
        case duplicate
        /// The job is running for another tick; this one is recorded as skipped.
        case skipped
        /// A newer tick of the job was processed first; this one is recorded as superseded.
        case superseded
        /// The job is running for another tick, and this one is to be processed after it.
        case busy
    }

    /// Decides whether a tick starts or resumes a run, and records it, in a transaction of its own so that the run is
    /// visible while it is in progress.
    static func start(_ tick: IncomingTick, instance: String, _ tx: Transaction) async throws -> Admission {
        if let known = try await own(tick, tx) { return known }
        if let begun = try await begunByFirstDelivery(of: tick, tx) { return begun }
        if tick.isSupersedable, try await newerExists(than: tick, tx) {
            try await record(tick, as: .superseded, instance, tx)
            return .superseded
        }
        // Repeated when a tick of another job inserted the same id at the same instant: the second attempt sees it.
        for _ in 1...2 {
            let parameters = tick.parameters.isEmpty ? nil : tick.parameters
            let begun = try await tx.query(
                Self.begin, as: Int.self, tick.job.rawValue, tick.id, tick.trigger.rawValue, tick.dryRun, tick.scheduledFor, tx.now, tx.service,
                instance, PostgresJSON(RunDetails(parameters: parameters)), tick.bodyWithoutID, tick.previousFireTime, tick.nextFireTime)
            if let id = begun.first { return .run(id: id, slice: 1) }
            if let known = try await own(tick, tx) { return known }
        }
        if tick.waitsForItsTurn { return .busy }
        try await record(tick, as: .skipped, instance, tx)
        if tick.trigger != .schedule { _ = try await requestRerun(tick.job, tx) }
        return .skipped
    }

    /// Records a tick that is not processed.
    static func record(_ tick: IncomingTick, as outcome: RunOutcome, _ instance: String, _ tx: Transaction) async throws {
        try await tx.execute(
            Self.note, tick.job.rawValue, tick.id, tick.trigger.rawValue, tick.dryRun, tick.scheduledFor, tx.now, outcome.rawValue, tx.service,
            instance)
    }

    private static func own(_ tick: IncomingTick, _ tx: Transaction) async throws -> Admission? {
        guard let row = try await tx.query(Self.find, as: Found.self, tick.id, tick.job.rawValue).first else { return nil }
        switch row.outcome {
        case .running: return .run(id: row.id, slice: row.slice)
        // Its message was parked then and is replayed now.
        case .failed where try await revive(row.id, slice: row.slice, tx): return .run(id: row.id, slice: row.slice)
        case .failed where tick.waitsForItsTurn: return .busy
        default: return .duplicate
        }
    }

    /// The run that the first delivery of a tick without an id has started, when this is a redelivery.
    private static func begunByFirstDelivery(of tick: IncomingTick, _ tx: Transaction) async throws -> Admission? {
        guard tick.isRedelivery, let body = tick.bodyWithoutID else { return nil }
        let row = try await tx.query(Self.findByBody, as: Found.self, tx.service, tick.job.rawValue, body).first
        return row.map { .run(id: $0.id, slice: $0.slice) }
    }

    /// Whether the run of this tick is in progress, here or in a process that died.
    static func isRunning(_ tick: IncomingTick, _ tx: Transaction) async throws -> Bool {
        try await tx.query(Self.find, as: Found.self, tick.id, tick.job.rawValue).first?.outcome == .running
    }

    /// Resumes a failed run at the slice where it stopped. Its message is back: an operator has replayed it.
    /// - Returns: false when it has not failed at this slice, or when its job is running for another tick.
    private static func revive(_ run: Int, slice: Int, _ tx: Transaction) async throws -> Bool {
        try await tx.execute(Self.reviveRun, run, slice) > 0
    }

    /// How far the clocks of a publisher and of this machine may differ, in seconds.
    private static let furthest: TimeInterval = 60

    private static func newerExists(than tick: IncomingTick, _ tx: Transaction) async throws -> Bool {
        try await tx.query(Self.newer, as: Bool.self, tick.job.rawValue, tick.scheduledFor, tx.now + furthest).first == true
    }

    /// Claims the runs of these jobs whose lease is over: no process works on them, and no message of theirs is known
    /// to be under way. Each gets a new lease. A row that is locked is skipped: it is being processed, whatever its
    /// lease says, or another process is claiming it.
    static func rescue(_ jobs: [JobName], lease: Duration, _ tx: Transaction) async throws -> [AbandonedRun] {
        try await tx.query(Self.rescueAbandoned, as: AbandonedRun.self, tx.service, jobs.map(\.rawValue), lease.timeInterval)
    }

    /// A run without an owner, and the slice that it stopped at.
    struct AbandonedRun: Decodable, Sendable {
        let id: Int
        let job: String
        let slice: Int
        let scheduledFor: Date
        let dryRun: Bool
    }

    /// Renews the lease of a run whose slice is being processed outside of any transaction.
    static func touch(_ run: Int, slice: Int, _ tx: Transaction) async throws { try await rest(run, slice: slice, for: .zero, tx) }

    /// Starts the lease of a run only after a pause: its next message waits in a delay queue that long.
    static func rest(_ run: Int, slice: Int, for pause: Duration, _ tx: Transaction) async throws {
        try await tx.execute(Self.touchRun, run, slice, pause.timeInterval)
    }

    /// Whether the job has this run. A slice message names both, and any publisher can send one.
    static func isRun(_ run: Int, of job: JobName, _ tx: Transaction) async throws -> Bool {
        try await tx.query(Self.isRunOfJob, as: Bool.self, run, job.rawValue).first == true
    }

    /// Locks the run for one slice.
    /// - Returns: nil when this slice was processed before or the run has ended.
    static func lockSlice(run: Int, slice: Int, instance: String, _ tx: Transaction) async throws -> RunRow? {
        if let row = try await tx.query(Self.lockRunSlice, as: RunRow.self, run, slice, instance).first { return row }
        guard try await revive(run, slice: slice, tx) else { return nil }
        return try await tx.query(Self.lockRunSlice, as: RunRow.self, run, slice, instance).first
    }

    /// Asks the run in progress to repeat its work before it ends.
    /// - Returns: whether there is one.
    static func requestRerun(_ job: JobName, _ tx: Transaction) async throws -> Bool {
        try await tx.execute(Self.setRerunRequested, job.rawValue) > 0
    }

    /// Adds the counts of one round of a slice, for people to watch.
    static func count(_ run: Int, processed: Int, failed: Int, _ tx: Transaction) throws {
        try tx.enqueue(Self.addCounts, run, processed, failed)
    }

    /// Ends the slice: the run continues at the next slice if there is more to do; otherwise it has ended.
    static func advance(_ run: Int, _ details: RunDetails, processed: Int, failed: Int, isOver: Bool, _ tx: Transaction) async throws {
        try await tx.execute(Self.advanceRun, run, processed, failed, PostgresJSON(details), isOver, tx.now)
    }

    /// Ends a run that failed at this slice.
    static func fail(_ run: Int, slice: Int, why: String, _ tx: Transaction) async throws {
        try await tx.execute(Self.failRun, run, slice, PostgresJSON(RowFailure(row: "run", error: why)), tx.now)
    }

    /// A run that has a row already.
    struct Found: Decodable, Sendable {
        let id: Int
        let outcome: RunOutcome
        let slice: Int
    }

    /// What a slice needs to know of its run.
    struct RunRow: Decodable, Sendable {
        let id: Int
        let job: String
        let scheduledFor: Date
        let previousFireTime: Date?
        let nextFireTime: Date?
        let dryRun: Bool
        let rerunRequested: Bool
        let details: RunDetails
    }
}
