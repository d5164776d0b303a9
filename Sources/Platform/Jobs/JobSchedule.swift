import Contracts
import Cron
import FoundationEssentials
import Postgres

/// The current schedule of a job in `operations.schedules`, overrides applied, and the times of its ticks. It is read
/// where a tick has no fire times, because a person made it or because it comes late.
struct JobSchedule: Sendable {
    private let cron: CronExpression
    /// The zone of its fire times.
    let zone: CronZone
    private let row: Row

    /// Reads the schedule of a job, and its last two ticks up to an instant.
    /// - Throws: ``Missing`` when there is no valid one.
    static func read(_ job: JobName, at instant: Date, _ tx: Transaction) async throws -> JobSchedule {
        guard let row = try await tx.query(Self.select, as: Row.self, job.rawValue, instant).first else {
            throw Missing(job: job, reason: "is not in operations.schedules; start tick-publisher, which brings Contracts/schedules.yaml there")
        }
        do {
            return JobSchedule(cron: try CronExpression(row.cron), zone: try CronZone(row.zone), row: row)
        } catch {
            throw Missing(job: job, reason: "has a schedule that cannot be followed: \(error)")
        }
    }

    /// The last whole period that had ended at the instant; one that ended at the very instant counts.
    ///
    /// It lies between two ticks where there were ticks, also when the schedule has changed since, so that periods
    /// tile. Fire times that are not decided yet (the scheduler is down) and those before the first tick come from the
    /// cron expression.
    func period(endedBy instant: Date) -> ReportPeriod? {
        guard let end = fireTime(through: instant, tick: row.ticks.first) else { return nil }
        guard let start = fireTime(through: end - 1, tick: row.ticks.first { $0 < end }) else { return nil }
        return ReportPeriod(start: start, end: end)
    }

    /// The next fire time after an instant; nil when there is none any more.
    func next(after instant: Date) -> Date? { cron.next(after: instant, in: zone) }

    private func fireTime(through instant: Date, tick: Date?) -> Date? {
        // Fire times are whole seconds.
        let written = cron.previous(before: instant + 1, in: zone)
        if let written, written > row.decidedThrough { return written }
        return tick ?? written
    }

    /// A job whose fire times are unknown.
    struct Missing: Error, PermanentFailure, CustomStringConvertible {
        let job: JobName
        let reason: String
        var description: String { "\(job) \(reason)" }
    }

    private struct Row: Decodable, Sendable {
        let cron: String
        let zone: String
        let decidedThrough: Date
        /// The newest first.
        let ticks: [Date]
    }

    // The ticks by the unique index on job and instant.
    private static let select: SQL = """
        select coalesce(cron_override, cron) as cron, coalesce(zone_override, zone) as zone, decided_through,
               array(select scheduled_for from operations.ticks
                     where job = $1 and scheduled_for <= $2 order by scheduled_for desc limit 2) as ticks
        from operations.schedules where job = $1
        """
}

extension Slice {
    /// The time zone of the job's schedule: `TIME_ZONE`, unless the schedule has its own.
    /// - Throws: `JobSchedule.Missing` for a job that has no schedule.
    public func zone(_ tx: Transaction) async throws -> CronZone { try await JobSchedule.read(job, at: scheduledFor, tx).zone }

    /// The period that ended when this run was due: from the previous fire time to its own. A run that a person started
    /// at some other time covers the last whole period before, so that a repeated run gives the same figures.
    /// - Throws: `JobSchedule.Missing` for a job that has no schedule.
    public func period(_ tx: Transaction) async throws -> ReportPeriod {
        if let previousFireTime { return ReportPeriod(start: previousFireTime, end: scheduledFor) }
        guard let period = try await JobSchedule.read(job, at: scheduledFor, tx).period(endedBy: scheduledFor) else {
            throw JobSchedule.Missing(job: job, reason: "has a schedule that has never been due")
        }
        return period
    }

    /// The last whole period of the job's schedule that had ended at the instant, which is not after that of the run; nil
    /// when there is none. ``period(_:)`` gives that of the run itself.
    /// - Throws: `JobSchedule.Missing` for a job that has no schedule.
    public func period(endedBy instant: Date, _ tx: Transaction) async throws -> ReportPeriod? {
        try await JobSchedule.read(job, at: instant, tx).period(endedBy: instant)
    }

    /// When the job is due next, after the time of this slice and after the run's own; nil when it will not be due
    /// again.
    /// - Throws: `JobSchedule.Missing` for a job that has no schedule.
    public func nextFireTime(_ tx: Transaction) async throws -> Date? {
        // A tick may arrive before its own time, when this machine's clock is a little behind.
        let latest = max(now, scheduledFor)
        if let nextFireTime, nextFireTime > latest { return nextFireTime }
        return try await JobSchedule.read(job, at: latest, tx).next(after: latest)
    }
}
