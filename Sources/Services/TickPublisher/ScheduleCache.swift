import Cron
import FoundationEssentials
import Platform
import Schedules

/// This replica's copy of the schedules, from which it computes the next decisions.
///
/// The table is authoritative: a decision that was computed from outdated rows is refused there
/// (``TickStatements/claim``), and `moved` then updates the copy.
struct ScheduleCache {
    /// What to claim for one schedule, and the revision and position that the decision is based on.
    struct Decision: Equatable {
        var job: String
        var revision: Int
        var decidedBefore: Date
        var plan: TickPlan
    }

    /// Why a schedule cannot be followed, for its `problem` column.
    struct Problem: Equatable {
        var job: String
        var revision: Int
        var reason: String
    }

    private struct Entry {
        var row: ScheduleRow
        var cron: CronExpression
        var zone: CronZone
        /// The first undecided fire time; nil when the schedule never fires again.
        var next: Date?
    }

    private var entries: [String: Entry] = [:]

    /// The newest known revision; the next query asks for changes after it.
    private(set) var revision = 0

    /// The first undecided fire time of any schedule; nil when no schedule will ever fire.
    var nextFireTime: Date? { entries.values.compactMap(\.next).min() }

    /// The number of active schedules.
    var count: Int { entries.count }

    /// The misfire policy for the ticks of a job; nil when its schedule is not active.
    func misfire(of job: String) -> MisfirePolicy? { entries[job]?.row.misfire }

    /// The fire times of a job's schedule before and after a point in time; nil when the schedule is not active or
    /// never fires.
    func fireTimes(of job: String, around instant: Date) -> (previous: Date?, next: Date?) {
        guard let entry = entries[job] else { return (nil, nil) }
        return (entry.cron.previous(before: instant, in: entry.zone), entry.cron.next(after: instant, in: entry.zone))
    }

    /// Applies changed rows, in the order of their revisions; paused and invalid schedules are removed.
    ///
    /// - Returns: the invalid schedules, with the reason.
    mutating func apply(_ rows: [ScheduleRow]) -> [Problem] {
        var problems: [Problem] = []
        for row in rows {
            revision = max(revision, row.revision)
            entries[row.job] = nil
            guard row.enabled else { continue }
            do {
                let cron = try CronExpression(row.cron)
                let zone = try CronZone(row.zone)
                entries[row.job] = Entry(row: row, cron: cron, zone: zone, next: cron.next(after: row.decidedThrough, in: zone))
            } catch {
                problems.append(Problem(job: row.job, revision: row.revision, reason: "\(error)"))
            }
        }
        return problems
    }

    /// The decisions that are due up to `now + lead`, by job.
    func decisions(now: Date, lead: Duration) -> [Decision] {
        let horizon = now + lead.timeInterval
        return entries.values.filter { entry in entry.next.map { $0 <= horizon } ?? false }.map { entry in
            let plan = TickPlan(entry.cron, in: entry.zone, misfire: entry.row.misfire, after: entry.row.decidedThrough, now: now, lead: lead)
            return Decision(job: entry.row.job, revision: entry.row.revision, decidedBefore: entry.row.decidedThrough, plan: plan)
        }.sorted { $0.job < $1.job }
    }

    /// The schedules that are decided beyond a point in time.
    func decided(beyond instant: Date) -> [String] { entries.values.filter { $0.row.decidedThrough > instant }.map(\.row.job) }

    /// Computes the next fire times again: time zone rules can change while the service runs.
    mutating func recompute() {
        for (job, entry) in entries { entries[job]?.next = entry.cron.next(after: entry.row.decidedThrough, in: entry.zone) }
    }

    /// Records how far a schedule is decided, by this or another replica. A position of another revision is ignored:
    /// `apply` handles it.
    mutating func moved(_ job: String, revision: Int, decidedThrough: Date) {
        guard var entry = entries[job], entry.row.revision == revision, entry.row.decidedThrough != decidedThrough else { return }
        entry.row.decidedThrough = decidedThrough
        entry.next = entry.cron.next(after: decidedThrough, in: entry.zone)
        entries[job] = entry
    }
}
