import Platform

/// The runs of all jobs, newest first.
enum RunsPage {
    @Sendable static func show(_ request: ConsoleRequest, _ page: Page) async throws -> WebResponse {
        let list = try request.runList()
        let (runs, next) = try await list.read(request.runtime.database)
        let job = list.job.map { "&job=\($0)" } ?? ""
        let kinds: [[String: Template.Value]] = RunList.Kind.allCases.map { kind in
            [
                "href": .text("/runs?show=\(kind.rawValue)\(job)"), "label": .text(page.word("runs.\(kind.rawValue)")),
                "isCurrent": .text(kind == list.kind ? "yes" : ""),
            ]
        }
        return try page.response(
            "runs",
            [
                "kinds": .list(kinds), "job": .text(list.job ?? ""), "runs": .list(runs.map { row($0, request.actor, page) }),
                "hasRuns": .text(runs.isEmpty ? "" : "yes"), "hasMore": .text(next == nil ? "" : "yes"),
                "more": .text("/runs?show=\(list.kind.rawValue)\(job)&before=\(next ?? 0)"),
            ], reload: list.before == nil ? 10 : nil)
    }

    /// The values of a run in a list.
    static func row(_ run: Run, _ actor: Actor, _ page: Page) -> [String: Template.Value] {
        let error = run.failures.first
        return [
            "id": .text("\(run.id)"), "job": .text(run.job), "outcome": .text(run.outcome.rawValue),
            "outcomeText": .text(page.word("outcome.\(run.outcome.rawValue)")), "isDry": .text(run.dryRun ? "yes" : ""),
            "isStalled": .text(run.isStalled(at: page.now) ? "yes" : ""), "trigger": .text(page.word("trigger.\(run.trigger)")),
            "duration": .text(page.duration(run.seconds(at: page.now))), "processed": .text(page.number(run.processed)),
            "failed": .text(run.failed > 0 ? page.number(run.failed) : ""),
            "error": .text(error.map { actor.shown("\($0.row): \($0.error)").storable(atMost: 160) } ?? ""),
        ].merging(page.time("started", run.startedAt)) { $1 }
    }
}
