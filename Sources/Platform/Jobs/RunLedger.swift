import Contracts
import FoundationEssentials
import Postgres

/// The statements on `operations.job_runs`: who runs, since when, how far, how it ended.
///
/// A row is `running` from its first slice to its last. At most one row per job runs that is not dry: a unique index says so, not this code.
/// The slice number in the row is the fence: a slice message whose number is not the row's comes from a slice that has been worked already.
enum RunLedger {
    /// A run that has not moved for so long has lost its message; the next tick ends it and begins its own.
    static let abandonedAfter: TimeInterval = 15 * 60

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
    static func admit(_ tick: IncomingTick, instance: String, _ tx: Transaction) async throws -> Admission {
        if let known = try await own(tick, tx) { return known }
        if tick.isSupersedable, try await newerExists(than: tick, tx) {
            try await record(tick, as: "superseded", instance, tx)
            return .superseded
        }
        try await tx.execute(Self.abandon, tick.job.rawValue, tx.now - abandonedAfter, tx.now)
        let begun = try await tx.query(
            Self.begin, as: Int.self, tick.job.rawValue, tick.id, tick.trigger.rawValue, tick.dryRun, tick.scheduledFor, tx.now, tx.service, instance,
            PostgresJSON(RunDetails(parameters: tick.parameters.isEmpty ? nil : tick.parameters)))
        if let id = begun.first { return .run(id: id, slice: 1) }
        if let known = try await own(tick, tx) { return known }
        if tick.waitsForItsTurn { return .busy }
        try await record(tick, as: "skipped", instance, tx)
        if tick.trigger != .schedule { _ = try await askAgain(tick.job, tx) }
        return .skipped
    }

    /// Records a tick that is not worked.
    static func record(_ tick: IncomingTick, as outcome: String, _ instance: String, _ tx: Transaction) async throws {
        try await tx.execute(
            Self.note, tick.job.rawValue, tick.id, tick.trigger.rawValue, tick.dryRun, tick.scheduledFor, tx.now, outcome, tx.service, instance)
    }

    private static func own(_ tick: IncomingTick, _ tx: Transaction) async throws -> Admission? {
        guard let row = try await tx.query(Self.find, as: Found.self, tick.id).first else { return nil }
        switch row.outcome {
        case "running": return .run(id: row.id, slice: row.slice)
        // It was parked then and is replayed now.
        case "failed" where try await revive(row.id, slice: row.slice, tx): return .run(id: row.id, slice: row.slice)
        case "failed" where tick.waitsForItsTurn: return .busy
        default: return .duplicate
        }
    }

    /// Whether the run of this tick is at work, here or in a process that died.
    static func isRunning(_ tick: IncomingTick, _ tx: Transaction) async throws -> Bool {
        try await tx.query(Self.find, as: Found.self, tick.id).first?.outcome == "running"
    }

    /// Takes up a run that had failed, where it stopped. Its message is there again: an operator has replayed it.
    /// - Returns: false when it has not failed there, or when its job is at work for another tick.
    private static func revive(_ run: Int, slice: Int, _ tx: Transaction) async throws -> Bool {
        try await tx.execute(Self.reviveRun, run, slice, tx.now) > 0
    }

    private static func newerExists(than tick: IncomingTick, _ tx: Transaction) async throws -> Bool {
        try await tx.query(Self.newer, as: Bool.self, tick.job.rawValue, tick.scheduledFor).first == true
    }

    /// Locks the run for one slice.
    /// - Returns: nil when this slice has been worked or the run is over.
    static func take(run: Int, slice: Int, instance: String, _ tx: Transaction) async throws -> RunRow? {
        if let row = try await tx.query(Self.takeSlice, as: RunRow.self, run, slice, instance, tx.now).first { return row }
        guard try await revive(run, slice: slice, tx) else { return nil }
        return try await tx.query(Self.takeSlice, as: RunRow.self, run, slice, instance, tx.now).first
    }

    /// Asks the run that is at work now to look once more before it ends.
    /// - Returns: whether there is one.
    static func askAgain(_ job: JobName, _ tx: Transaction) async throws -> Bool { try await tx.execute(Self.setAskedAgain, job.rawValue) > 0 }

    /// Counts what a turn of a slice did, for people to watch.
    static func count(_ run: Int, processed: Int, failed: Int, _ tx: Transaction) throws {
        try tx.enqueue(Self.addCounts, run, processed, failed, tx.now)
    }

    /// Ends the slice: with more to do the run goes on at the next slice, otherwise it is over.
    static func advance(_ run: Int, _ details: RunDetails, processed: Int, failed: Int, isOver: Bool, _ tx: Transaction) async throws {
        try await tx.execute(Self.advanceRun, run, processed, failed, PostgresJSON(details), isOver, tx.now)
    }

    /// Ends a run that could not be worked.
    static func giveUp(_ run: Int, why: String, _ tx: Transaction) async throws {
        try await tx.execute(Self.failRun, run, PostgresJSON(RowFailure(row: "run", error: why)), tx.now)
    }

    private struct Found: Decodable, Sendable {
        let id: Int
        let outcome: String
        let slice: Int
    }

    /// What a slice needs to know of its run.
    struct RunRow: Decodable, Sendable {
        let id: Int
        let scheduledFor: Date
        let dryRun: Bool
        let askedAgain: Bool
        let details: RunDetails
    }

    private static let find: SQL = "select id, outcome, slice from operations.job_runs where tick_id = $1"

    private static let newer: SQL = """
        select exists (
            select from operations.job_runs
            where job = $1 and trigger = 'schedule' and not dry_run and scheduled_for > $2)
        """

    private static let abandon: SQL = """
        update operations.job_runs
        set outcome = 'failed', finished_at = $3,
            details = jsonb_set(details, '{errors}', coalesce(details -> 'errors', '[]')
                || jsonb_build_array(jsonb_build_object('row', 'run', 'error', 'abandoned: it has not moved since ' || touched_at)))
        where job = $1 and outcome = 'running' and touched_at < $2
        """

    private static let begin: SQL = """
        insert into operations.job_runs (job, tick_id, trigger, dry_run, scheduled_for, started_at, touched_at, outcome, service, instance, details)
        values ($1, $2, $3, $4, $5, $6, $6, 'running', $7, $8, $9)
        on conflict do nothing
        returning id
        """

    private static let note: SQL = """
        insert into operations.job_runs (job, tick_id, trigger, dry_run, scheduled_for, started_at, touched_at, finished_at, outcome, service, instance)
        values ($1, $2, $3, $4, $5, $6, $6, $6, $7, $8, $9)
        on conflict do nothing
        """

    private static let addCounts: SQL = """
        update operations.job_runs set processed = processed + $2, failed = failed + $3, touched_at = $4 where id = $1
        """

    private static let setAskedAgain: SQL = """
        update operations.job_runs set asked_again = true where job = $1 and outcome = 'running' and not dry_run
        """

    private static let takeSlice: SQL = """
        update operations.job_runs set instance = $3, touched_at = $4
        where id = $1 and slice = $2 and outcome = 'running'
        returning id, scheduled_for, dry_run, asked_again, details
        """

    private static let reviveRun: SQL = """
        update operations.job_runs r
        set outcome = 'running', finished_at = null, touched_at = $3
        where id = $1 and slice = $2 and outcome = 'failed'
          and (dry_run or not exists (select from operations.job_runs o where o.job = r.job and o.outcome = 'running' and not o.dry_run))
        """

    /// The end is as long after the slice's own time as its transaction has taken: a run of one slice took time, too.
    private static let advanceRun: SQL = """
        update operations.job_runs
        set slice = slice + 1, processed = processed + $2, failed = failed + $3, details = $4, touched_at = $6, asked_again = false,
            outcome = case when not $5 then 'running' when failed + $3 > 0 then 'partial' else 'succeeded' end,
            finished_at = case when $5 then $6::timestamptz + (clock_timestamp() - transaction_timestamp()) end
        where id = $1
        """

    private static let failRun: SQL = """
        update operations.job_runs
        set outcome = 'failed', finished_at = $3,
            details = jsonb_set(details, '{errors}', coalesce(details -> 'errors', '[]') || jsonb_build_array($2::jsonb))
        where id = $1 and outcome = 'running'
        """
}
