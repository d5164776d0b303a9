import Cron
import FoundationEssentials
import Platform
import Schedules

/// Which fire times of one schedule get a tick now, given the last one that was decided.
///
/// A fire time at most `grace` old is simply due, whatever the policy: a restart is not an outage. Older ones were
/// missed: `latest` sends the newest of them unless a newer one is due, `all` sends the newest 1,000 of them, `none`
/// sends none. There is no limit in days, so that a monthly report is not skipped after a long outage.
struct TickPlan: Equatable {
    /// Up to this age a fire time is late but not missed.
    static let grace = Duration.seconds(30)
    /// The maximum number of missed fire times of one schedule that are sent.
    static let catchUpLimit = 1_000
    /// The maximum number of missed fire times that are counted.
    static let countLimit = 10_000

    /// Fire times within the grace and up to the lead, ascending.
    var due: [Date] = []
    /// Missed fire times that are still sent, ascending; all before the due ones.
    var misfired: [Date] = []
    /// How many missed fire times are dropped, counted up to the limit.
    var dropped = 0
    /// The newest fire time that is decided by this plan; nil when there is none to decide.
    var decidedThrough: Date?

    /// Plans the fire times after `decided` up to `now + lead`.
    init(_ cron: CronExpression, in zone: CronZone, misfire: MisfirePolicy, after decided: Date, now: Date, lead: Duration) {
        let onTime = now.addingTimeInterval(-Self.grace.timeInterval)
        due = Array(cron.fireTimes(after: max(decided, onTime), through: now.addingTimeInterval(lead.timeInterval), in: zone))
        // Fire times are whole seconds: one strictly before the next second is at most as new as the grace allows.
        let nextSecond = Date(timeIntervalSince1970: onTime.timeIntervalSince1970.rounded(.down) + 1)
        let missed = Self.fireTimes(of: cron, in: zone, after: decided, before: nextSecond)
        switch misfire {
        case .latest: misfired = due.isEmpty ? Array(missed.prefix(1)) : []
        case .all: misfired = missed.prefix(Self.catchUpLimit).reversed()
        case .none: break
        }
        dropped = missed.count - misfired.count
        decidedThrough = due.last ?? missed.first
    }

    /// Newest first, because only the newest of possibly millions are needed.
    private static func fireTimes(of cron: CronExpression, in zone: CronZone, after decided: Date, before end: Date) -> [Date] {
        var times: [Date] = []
        var last = end
        while times.count < countLimit, let time = cron.previous(before: last, in: zone), time > decided {
            times.append(time)
            last = time
        }
        return times
    }
}
