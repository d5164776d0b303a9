import Platform

/// All jobs: when they run, how their last runs went.
enum JobsPage {
    @Sendable static func show(_ request: ConsoleRequest, _ page: Page) async throws -> WebResponse {
        let jobs = try await JobOverview.all(at: page.now, request.runtime.database)
        let groups = Dictionary(grouping: jobs, by: \.service).sorted { $0.key < $1.key }
        return try page.response(
            "jobs",
            [
                "services": .list(
                    groups.map { service, jobs in ["service": .text(service), "jobs": .list(jobs.map { row($0, page) })] })
            ], reload: 30)
    }

    /// The values of a job in a list and on its own page.
    static func row(_ job: JobOverview, _ page: Page) -> [String: Template.Value] {
        let last = job.runs.first { !$0.dryRun }
        let schedule = job.schedule
        let state = state(of: schedule)
        var values: [String: Template.Value] = [
            "job": .text(job.job), "description": .text(job.description), "state": .text(state), "stateText": .text(page.word("state.\(state)")),
            "isPaused": .text(state == "paused" ? "yes" : ""), "isFollowed": .text(schedule?.isFollowed == true ? "yes" : ""),
            "outcome": .text(last?.outcome.rawValue ?? ""), "lastID": .text(last.map { "\($0.id)" } ?? ""),
            "lastDuration": .text(page.duration(last?.seconds)), "bars": .list(bars(job.runs, page)),
            "hasBars": .text(job.runs.isEmpty ? "" : "yes"),
        ]
        values["outcomeText"] = .text(last.map { page.word("outcome.\($0.outcome.rawValue)") } ?? "")
        values["problem"] = .text(schedule?.problem ?? "")
        values["when"] = .text(schedule.map { ScheduleWords(page: page).text($0.effectiveCron) } ?? "")
        values["cron"] = .text(schedule?.effectiveCron ?? "")
        values["zone"] = .text(schedule?.effectiveZone ?? "")
        values["misfire"] = .text(schedule.map { $0.misfireOverride ?? $0.misfire } ?? "")
        values["documented"] = .text(schedule.map(documented) ?? "")
        return values.merging(page.time("next", job.next.first)) { $1 }.merging(page.time("last", last?.startedAt)) { $1 }
    }

    private static func state(of schedule: ScheduleRow?) -> String {
        guard let schedule else { return "unscheduled" }
        if !schedule.inDocument { return "retired" }
        if !schedule.enabled { return "paused" }
        return schedule.problem == nil ? "enabled" : "broken"
    }

    /// What the document says of a schedule that somebody has overridden.
    private static func documented(_ schedule: ScheduleRow) -> String {
        schedule.cronOverride == nil && schedule.zoneOverride == nil ? "" : "\(schedule.cron) \(schedule.zone)"
    }

    /// The last runs as bars, the oldest first: the height is the duration beside the longest.
    private static func bars(_ runs: [JobOverview.Past], _ page: Page) -> [[String: Template.Value]] {
        let longest = runs.compactMap(\.seconds).max() ?? 0
        let first = JobOverview.lastRuns - runs.count
        return runs.reversed().enumerated().map { place, run in
            let height = longest > 0 ? max(3, Int((22 * (run.seconds ?? longest) / longest).rounded())) : 3
            return [
                "x": .text("\((first + place) * 6)"), "y": .text("\(24 - height)"), "height": .text("\(height)"),
                "outcome": .text(run.outcome.rawValue),
                "title": .text("\(page.word("outcome.\(run.outcome.rawValue)")), \(page.duration(run.seconds))"),
            ]
        }
    }
}
