import Contracts
import FoundationEssentials
import Platform

/// One job: its schedule with the changes of it, its runs, and the forms that run it and change when it runs.
enum JobPage {
    @Sendable static func show(_ request: ConsoleRequest, _ page: Page) async throws -> WebResponse {
        let name = request.web.pathParameter("job") ?? ""
        guard let job = try await JobOverview.find(name.storable(atMost: 100), at: page.now, request.runtime.database) else {
            throw Problem.missing("job \(name.prefix(100))")
        }
        return try await response(job, request, page)
    }

    @Sendable static func run(_ request: ConsoleRequest, _ page: Page) async throws -> WebResponse {
        var action = TriggerAction(job: try request.job())
        action.dryRun = request.web.field("dryRun") != nil
        action.reason = (request.web.field("reason") ?? "").storable(atMost: 2000)
        action.parameters = try parameters(request.web.field("parameters") ?? "")
        action.idempotencyKey = request.web.field("key").flatMap { $0.isEmpty || $0.utf8.count > 100 ? nil : $0 }
        switch try await action.perform(by: request.actor, request.runtime) {
        case .published(let tick): return WebResponse(303, headers: [("Location", "/runs/\(tick.pathEscaped)")], body: "")
        case .keyReused: throw Problem.foreignForm
        case .notDeployed(let queue): throw Problem.unavailable(page.word("run.notDeployed", ["queue": queue]))
        case .unavailable(let reason): throw Problem.unavailable(page.word("run.unavailable", ["reason": reason]))
        }
    }

    @Sendable static func changeSchedule(_ request: ConsoleRequest, _ page: Page) async throws -> WebResponse {
        let job = try request.job()
        func field(_ name: String) -> String? {
            request.web.field(name).map { String($0.drop { $0 == " " }) }.flatMap { $0.isEmpty ? nil : $0.storable(atMost: 200) }
        }
        let action: ScheduleAction
        let reason = (request.web.field("reason") ?? "").storable(atMost: 2000)
        switch request.web.field("change") {
        case "pause": action = ScheduleAction(job: job.rawValue, change: .init(enabled: false), action: "schedule.pause", reason: reason)
        case "resume": action = ScheduleAction(job: job.rawValue, change: .init(enabled: true), action: "schedule.resume", reason: reason)
        case "reset": action = ScheduleAction(job: job.rawValue, change: .init(resetsOthers: true), action: "schedule.override", reason: reason)
        case "override":
            let change = ScheduleChange(cron: field("cron"), zone: field("zone"))
            guard change.cron != nil || change.zone != nil else { throw Problem.invalid("cron", page.word("schedule.empty")) }
            if let problem = ScheduleAction.problem(cron: change.cron, zone: change.zone) { throw Problem.invalid(problem.field, problem.reason) }
            action = ScheduleAction(job: job.rawValue, change: change, action: "schedule.override", reason: reason)
        default: throw Problem.invalid("change", "change must be pause, resume, override or reset")
        }
        guard try await action.perform(by: request.actor, request.runtime) != nil else { throw Problem.missing("schedule of \(job)") }
        return WebResponse(303, headers: [("Location", "/jobs/\(job.rawValue)")], body: "")
    }

    private static func response(_ job: JobOverview, _ request: ConsoleRequest, _ page: Page) async throws -> WebResponse {
        let history = try await ScheduleAction.history(of: job.job, request.runtime.database)
        let runs = try await RunList(job: job.job, limit: 20).read(request.runtime.database)
        let isKnown = JobName.all.contains(JobName(rawValue: job.job))
        let own: [String: Template.Value] = [
            "key": .text(OutgoingMessage.newID()), "mayRun": .text(isKnown && request.actor.may(.runJobs) ? "yes" : ""),
            "mayChange": .text(job.schedule != nil && request.actor.may(.changeSchedules) ? "yes" : ""),
            "upcoming": .list(job.next.map { page.time("at", $0) }), "hasUpcoming": .text(job.next.isEmpty ? "" : "yes"),
            "changes": .list(
                history.map { change in
                    [
                        "by": .text(change.changedBy), "field": .text(change.field), "from": .text(change.fromValue ?? "–"),
                        "to": .text(change.toValue ?? "–"),
                    ].merging(page.time("at", change.changedAt)) { $1 }
                }), "hasChanges": .text(history.isEmpty ? "" : "yes"),
            "runs": .list(runs.runs.map { RunsPage.row($0, request.actor, page) }), "hasRuns": .text(runs.runs.isEmpty ? "" : "yes"),
            "hasMore": .text(runs.next == nil ? "" : "yes"), "more": .text("/runs?job=\(job.job)&before=\(runs.next ?? 0)"),
        ]
        return try page.response("job", JobsPage.row(job, page).merging(own) { $1 })
    }

    /// Lines of `name=value`.
    private static func parameters(_ text: String) throws(Problem) -> [String: String] {
        var parameters: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.allSatisfy(\.isWhitespace) {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else { throw .invalid("parameters", "\(line.prefix(80)) is not name=value") }
            parameters[String(parts[0])] = String(parts[1]).storable(atMost: 1000)
        }
        return parameters
    }
}
