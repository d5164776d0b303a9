import Contracts
import FoundationEssentials
import Platform

/// One run: how far it is, what it decided and caused, which rows failed and why.
enum RunPage {
    @Sendable static func show(_ request: ConsoleRequest, _ page: Page) async throws -> WebResponse {
        let (database, text) = (request.runtime.database, (request.web.pathParameter("run") ?? "").storable(atMost: 300))
        let run = if let id = Int(text) { try await Run.find(id: id, database) } else { try await Run.find(tick: text, database) }
        guard let run else { return try await waiting(for: text, request, page) }
        let others = try await RunList(job: run.job, limit: JobOverview.lastRuns).read(database).runs.filter {
            $0.finishedAt != nil && $0.id != run.id
        }
        let usual = others.map { $0.seconds(at: page.now) }.sorted()
        let isOver = run.outcome != .running
        return try page.response(
            "run",
            RunsPage.row(run, request.actor, page).merging(values(run, request.actor, page)) { $1 }.merging([
                "usual": .text(usual.isEmpty ? "" : page.duration(usual[usual.count / 2])),
                "mayRun": .text(request.actor.may(.runJobs) && isOver ? "yes" : ""), "key": .text(OutgoingMessage.newID()),
                "isEndedDryRun": .text(run.dryRun && isOver ? "yes" : ""),
            ]) { $1 }, reload: isOver ? nil : 2)
    }

    private static func values(_ run: Run, _ actor: Actor, _ page: Page) -> [String: Template.Value] {
        let content = run.content
        let rate = Double(run.processed) / max(0.001, run.seconds(at: page.now))
        let groups = (content?.rows ?? [:]).sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        let errors = run.failures
        return [
            "tick": .text(run.tickId), "service": .text(run.service), "instance": .text(run.instance), "slice": .text(page.number(run.slice)),
            "rescues": .text(run.rescues > 0 ? page.number(run.rescues) : ""), "isRunning": .text(run.outcome == .running ? "yes" : ""),
            "rate": .text(run.processed > 0 ? page.number(Int(rate.rounded())) : ""), "moved": .text(page.age(run.touchedAt)),
            "parameters": .list(
                (content?.parameters ?? [:]).sorted { $0.key < $1.key }.map { ["name": .text($0.key), "value": .text(actor.shown($0.value))] }),
            "groups": .list(
                groups.map { name, group in
                    let names = group.first.prefix(10).joined(separator: ", ") + (group.count > 10 ? " …" : "")
                    return ["name": .text(actor.shown(name)), "count": .text(page.number(group.count)), "first": .text(actor.shown(names))]
                }), "hasGroups": .text(groups.isEmpty ? "" : "yes"),
            "effects": .list(counts(content?.published, page, "message") + counts(content?.delivered, page, "delivery")),
            "hasEffects": .text((content?.published ?? [:]).isEmpty && (content?.delivered ?? [:]).isEmpty ? "" : "yes"),
            "errors": .list(errors.map { ["row": .text(actor.shown($0.row)), "reason": .text(actor.shown($0.error))] }),
            "hasErrors": .text(errors.isEmpty ? "" : "yes"),
            "further": .text(content?.furtherErrors.map { page.word("run.further", ["n": page.number($0)]) } ?? ""),
        ].merging(page.time("scheduled", run.scheduledFor)) { $1 }.merging(page.time("finished", run.finishedAt)) { $1 }
    }

    private static func counts(_ counts: [String: Int]?, _ page: Page, _ kind: String) -> [[String: Template.Value]] {
        (counts ?? [:]).sorted { $0.key < $1.key }.map {
            ["kind": .text(page.word("effect.\(kind)")), "name": .text($0.key), "count": .text(page.number($0.value))]
        }
    }

    /// A trigger of ours that no service has taken yet.
    private static func waiting(for tick: String, _ request: ConsoleRequest, _ page: Page) async throws -> WebResponse {
        let job = JobName(rawValue: String(tick.prefix { $0 != "@" }))
        guard tick.contains("@"), JobName.all.contains(job) else { throw Problem.missing("run \(tick)") }
        return try page.response("waiting", ["job": .text(job.rawValue), "service": .text(job.service), "tick": .text(tick)], reload: 1)
    }
}
