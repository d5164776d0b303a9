import Contracts
import Cron
import FoundationEssentials
import Platform
import Schedules

/// A schedule as the command shows it: its effective values, its overrides and its next fire times.
struct ScheduleOverview: Encodable, Sendable {
    /// Whether the schedule fires.
    enum State: String, Encodable, Sendable {
        case enabled
        /// A person paused it.
        case paused
        /// The document no longer has it.
        case retired
    }

    let job: String
    let service: String
    let cron: String
    let zone: String
    let misfire: String
    let description: String
    let state: State
    /// The values that a person changed: the document's value by `cron`, `zone`, `misfire`.
    let overridden: [String: String]
    let problem: String?
    /// The next fire times; empty when the schedule does not fire.
    let next: [Date]

    /// From the scheduler's table.
    init(_ row: ScheduleRow, next count: Int, after now: Date) {
        job = row.job
        service = row.service
        cron = row.effectiveCron
        zone = row.effectiveZone
        misfire = row.misfireOverride ?? row.misfire
        description = row.description
        state = !row.inDocument ? .retired : row.enabled ? .enabled : .paused
        var overridden: [String: String] = [:]
        if row.cronOverride != nil { overridden["cron"] = row.cron }
        if row.zoneOverride != nil { overridden["zone"] = row.zone }
        if row.misfireOverride != nil { overridden["misfire"] = row.misfire }
        self.overridden = overridden
        problem = row.problem ?? row.standstill(at: now)
        next = row.isFollowed ? Self.times(count) { row.next(after: $0 ?? now) } : []
    }

    /// From the document.
    init(_ schedule: Schedule, zone standard: CronZone, next count: Int, after now: Date) {
        let inZone = schedule.zone ?? standard
        job = schedule.job
        service = schedule.service
        cron = schedule.cron.text
        zone = inZone.identifier
        misfire = schedule.misfire.rawValue
        description = schedule.description
        state = .enabled
        overridden = [:]
        problem = nil
        next = Self.times(count) { schedule.cron.next(after: $0 ?? now, in: inZone) }
    }

    private static func times(_ count: Int, _ following: (Date?) -> Date?) -> [Date] {
        var times: [Date] = []
        while times.count < count, let time = following(times.last) { times.append(time) }
        return times
    }

    /// Prints schedules as a table, and their problems below it.
    static func show(_ schedules: [ScheduleOverview]) {
        Terminal.table(
            ["job", "cron", "zone", "missed", "state", "next (UTC)"],
            schedules.map { schedule in
                let changed = schedule.overridden.keys.sorted().joined(separator: ", ")
                return [
                    schedule.job, schedule.cron, schedule.zone, schedule.misfire,
                    schedule.state.rawValue + (changed.isEmpty ? "" : " (\(changed) overridden)"),
                    schedule.next.map { RFC3339.string(from: $0) }.joined(separator: "  "),
                ]
            })
        for schedule in schedules { if let problem = schedule.problem { Terminal.say("  \(schedule.job) cannot be followed: \(problem)") } }
    }
}
