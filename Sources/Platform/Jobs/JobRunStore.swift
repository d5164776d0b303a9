import Contracts
import FoundationEssentials
import Postgres

/// The statements on `operations.job_runs`: who runs, since when, how far, how it ended.
///
/// A row is `running` from its first slice to its last. At most one row per job runs that is not dry: a unique index says so, not this code.
/// The slice number in the row is the fence: a slice message whose number is not the row's comes from a slice that has been worked already.
///
/// A running row has a lease, which counts from `touched_at`, by the database's clock: whoever works a slice locks the row or touches it. A run
/// whose lease is over belongs to nobody and is taken up by ``RunRescuer``.
enum JobRunStore {
    /// What a tick finds.
    enum Admission: Sendable, Equatable {
        /// This tick's run is to be worked, from this slice on.
        case run(id: Int, slice: Int)
        /// This tick has been worked.
        case duplicate
        /// The job is at work for another tick; recorded.
        case skipped
        /// A newer tick of the job was there first; recorded.
        case superseded
        /// The job is at work for another tick, and this one is to be worked after it.
        case busy
    }

    /// Decides what becomes of a tick and records it, in a transaction of its own so that everybody sees the run while it works.
    static func start(_ tick: IncomingTick, instance: String, _ tx: Transaction) async throws -> Admission {
        if let known = try await own(tick, tx) { return known }
        if let begun = try await begunByFirstDelivery(of: tick, tx) { return begun }
        if tick.isSupersedable, try await newerExists(than: tick, tx) {
            try await record(tick, as: "superseded", instance, tx)
            return .superseded
        }
        // Once more when a tick of another job took the id at the same instant: it is seen now.
        for _ in 1...2 {
            let parameters = tick.parameters.isEmpty ? nil : tick.parameters
            let begun = try await tx.query(
                Self.begin, as: Int.self, tick.job.rawValue, tick.id, tick.trigger.rawValue, tick.dryRun, tick.scheduledFor, tx.now, tx.service,
                instance, PostgresJSON(RunDetails(parameters: parameters)), tick.bodyWithoutID)
            if let id = begun.first { return .run(id: id, slice: 1) }
            if let known = try await own(tick, tx) { return known }
        }
        if tick.waitsForItsTurn { return .busy }
        try await record(tick, as: "skipped", instance, tx)
        if tick.trigger != .schedule { _ = try await requestRerun(tick.job, tx) }
        return .skipped
    }

    /// Records a tick that is not worked.
    static func record(_ tick: IncomingTick, as outcome: String, _ instance: String, _ tx: Transaction) async throws {
        try await tx.execute(
            Self.note, tick.job.rawValue, tick.id, tick.trigger.rawValue, tick.dryRun, tick.scheduledFor, tx.now, outcome, tx.service, instance)
    }

    private static func own(_ tick: IncomingTick, _ tx: Transaction) async throws -> Admission? {
        guard let row = try await tx.query(Self.find, as: Found.self, tick.id, tick.job.rawValue).first else { return nil }
        switch row.outcome {
        case "running": return .run(id: row.id, slice: row.slice)
        // It was parked then and is replayed now.
        case "failed" where try await revive(row.id, slice: row.slice, tx): return .run(id: row.id, slice: row.slice)
        case "failed" where tick.waitsForItsTurn: return .busy
        default: return .duplicate
        }
    }

    /// The run that the first delivery of a tick without an id has begun, when this is another delivery of it.
    private static func begunByFirstDelivery(of tick: IncomingTick, _ tx: Transaction) async throws -> Admission? {
        guard tick.isRedelivery, let body = tick.bodyWithoutID else { return nil }
        let row = try await tx.query(Self.findByBody, as: Found.self, tx.service, tick.job.rawValue, body).first
        return row.map { .run(id: $0.id, slice: $0.slice) }
    }

    /// Whether the run of this tick is at work, here or in a process that died.
    static func isRunning(_ tick: IncomingTick, _ tx: Transaction) async throws -> Bool {
        try await tx.query(Self.find, as: Found.self, tick.id, tick.job.rawValue).first?.outcome == "running"
    }

    /// Takes up a run that had failed, where it stopped. Its message is there again: an operator has replayed it.
    /// - Returns: false when it has not failed there, or when its job is at work for another tick.
    private static func revive(_ run: Int, slice: Int, _ tx: Transaction) async throws -> Bool {
        try await tx.execute(Self.reviveRun, run, slice) > 0
    }

    /// By so many seconds the clocks of a publisher and of this machine may differ.
    private static let furthest: TimeInterval = 60

    private static func newerExists(than tick: IncomingTick, _ tx: Transaction) async throws -> Bool {
        try await tx.query(Self.newer, as: Bool.self, tick.job.rawValue, tick.scheduledFor, tx.now + furthest).first == true
    }

    /// Takes up the runs of these jobs whose lease is over: nobody works them, and no message of theirs is known to be on its way. Each gets a new
    /// lease. A row that is locked is being worked, whatever its lease says, or is being taken up by somebody else.
    static func rescue(_ jobs: [JobName], lease: Duration, _ tx: Transaction) async throws -> [AbandonedRun] {
        try await tx.query(Self.rescueAbandoned, as: AbandonedRun.self, tx.service, jobs.map(\.rawValue), lease.timeInterval)
    }

    /// A run that stood still, and the slice that it stopped at.
    struct AbandonedRun: Decodable, Sendable {
        let id: Int
        let job: String
        let slice: Int
        let scheduledFor: Date
        let dryRun: Bool
    }

    /// Renews the lease of a run whose slice is being worked outside of any transaction.
    static func touch(_ run: Int, slice: Int, _ tx: Transaction) async throws { try await rest(run, slice: slice, for: .zero, tx) }

    /// Lets the lease of a run begin only after a pause: the message that carries it on waits in a delay queue so long.
    static func rest(_ run: Int, slice: Int, for pause: Duration, _ tx: Transaction) async throws {
        try await tx.execute(Self.touchRun, run, slice, pause.timeInterval)
    }

    /// Whether there is such a run of this job. A slice message names both, and may come from anybody.
    static func isRun(_ run: Int, of job: JobName, _ tx: Transaction) async throws -> Bool {
        try await tx.query(Self.isRunOfJob, as: Bool.self, run, job.rawValue).first == true
    }

    /// Locks the run for one slice.
    /// - Returns: nil when this slice has been worked or the run is over.
    static func take(run: Int, slice: Int, instance: String, _ tx: Transaction) async throws -> RunRow? {
        if let row = try await tx.query(Self.takeSlice, as: RunRow.self, run, slice, instance).first { return row }
        guard try await revive(run, slice: slice, tx) else { return nil }
        return try await tx.query(Self.takeSlice, as: RunRow.self, run, slice, instance).first
    }

    /// Asks the run that is at work now to look once more before it ends.
    /// - Returns: whether there is one.
    static func requestRerun(_ job: JobName, _ tx: Transaction) async throws -> Bool {
        try await tx.execute(Self.setRerunRequested, job.rawValue) > 0
    }

    /// Counts what a turn of a slice did, for people to watch.
    static func count(_ run: Int, processed: Int, failed: Int, _ tx: Transaction) throws {
        try tx.enqueue(Self.addCounts, run, processed, failed)
    }

    /// Ends the slice: with more to do the run goes on at the next slice, otherwise it is over.
    static func advance(_ run: Int, _ details: RunDetails, processed: Int, failed: Int, isOver: Bool, _ tx: Transaction) async throws {
        try await tx.execute(Self.advanceRun, run, processed, failed, PostgresJSON(details), isOver, tx.now)
    }

    /// Ends a run that could not be worked at this slice.
    static func fail(_ run: Int, slice: Int, why: String, _ tx: Transaction) async throws {
        try await tx.execute(Self.failRun, run, slice, PostgresJSON(RowFailure(row: "run", error: why)), tx.now)
    }

    /// A run that is in the ledger already.
    struct Found: Decodable, Sendable {
        let id: Int
        let outcome: String
        let slice: Int
    }

    /// What a slice needs to know of its run.
    struct RunRow: Decodable, Sendable {
        let id: Int
        let scheduledFor: Date
        let dryRun: Bool
        let rerunRequested: Bool
        let details: RunDetails
    }
}
