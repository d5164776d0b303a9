import Cron
import FoundationEssentials
import Schedules

/// The schedules as this replica knows them, and what is to be decided next.
///
/// Only a copy: the table decides. A decision that was made on old knowledge is refused there (``TickStatements/claim``), and
/// `moved` then brings the copy up to date.
struct ScheduleCache {
    /// What to claim for one schedule, on the knowledge that it is based on.
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
        /// The first fire time that is not decided; nil when it never fires again.
        var next: Date?
    }

    private var entries: [String: Entry] = [:]

    /// The newest revision that is known; changes after it are asked for.
    private(set) var revision = 0

    /// The first fire time of any schedule that is not decided; nil when nothing will ever fire.
    var nextFireTime: Date? { entries.values.compactMap(\.next).min() }

    /// How many schedules are followed.
    var count: Int { entries.count }

    /// The policy that goes with the ticks of a job; nil when it is not followed (any more).
    func misfire(of job: String) -> MisfirePolicy? { entries[job]?.row.misfire }

    /// Takes changed rows over, in the order of their revisions; paused schedules are dropped, and so are those that cannot be read.
    ///
    /// - Returns: those that cannot be read, with the reason.
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
        let horizon = now.addingTimeInterval(Double(lead.components.seconds) + Double(lead.components.attoseconds) / 1e18)
        return entries.values.filter { entry in entry.next.map { $0 <= horizon } ?? false }.map { entry in
            let plan = TickPlan(entry.cron, in: entry.zone, misfire: entry.row.misfire, after: entry.row.decidedThrough, now: now, lead: lead)
            return Decision(job: entry.row.job, revision: entry.row.revision, decidedBefore: entry.row.decidedThrough, plan: plan)
        }.sorted { $0.job < $1.job }
    }

    /// The schedules that are decided beyond an instant.
    func decided(beyond instant: Date) -> [String] { entries.values.filter { $0.row.decidedThrough > instant }.map(\.row.job) }

    /// Computes the next fire times anew: the rules of zones change while the clock runs.
    mutating func recompute() {
        for (job, entry) in entries { entries[job]?.next = entry.cron.next(after: entry.row.decidedThrough, in: entry.zone) }
    }

    /// Notes how far a schedule is decided, by this replica or by another one. A position of another revision is left to `apply`.
    mutating func moved(_ job: String, revision: Int, decidedThrough: Date) {
        guard var entry = entries[job], entry.row.revision == revision, entry.row.decidedThrough != decidedThrough else { return }
        entry.row.decidedThrough = decidedThrough
        entry.next = entry.cron.next(after: decidedThrough, in: entry.zone)
        entries[job] = entry
    }
}
