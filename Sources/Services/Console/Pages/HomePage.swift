import Platform

/// Answers "is something wrong now?".
enum HomePage {
    @Sendable static func show(_ request: ConsoleRequest, _ page: Page) async throws -> WebResponse {
        let status = try await SystemStatus.look(request.runtime)
        let latest = try await RunList(limit: 10).read(request.runtime.database).runs
        let findings: [[String: Template.Value]] = status.findings.map { finding in
            let kind = finding.count.map { page.word("finding.\(finding.kind.rawValue)", count: $0) } ?? page.word("finding.\(finding.kind.rawValue)")
            return [
                "kind": .text(kind), "subject": .text(request.actor.shown(finding.subject)), "detail": .text(request.actor.shown(finding.detail)),
                "advice": .text(page.word("advice.\(finding.kind.rawValue)")), "link": .text(finding.link),
                "isFault": .text(finding.isFault ? "yes" : ""), "age": .text(page.age(finding.since)),
            ].merging(page.time("since", finding.since)) { $1 }.merging(page.time("last", finding.last)) { $1 }
        }
        return try page.response(
            "home",
            [
                "faults": .text(status.faults.isEmpty ? "" : page.word("home.faults", count: status.faults.count)),
                "findings": .list(findings), "hasFindings": .text(findings.isEmpty ? "" : "yes"),
                "runs": .list(latest.map { RunsPage.row($0, request.actor, page) }), "hasRuns": .text(latest.isEmpty ? "" : "yes"),
                "hasMore": .text(""), "more": .text(""),
                "processes": .text(page.number(status.processes.count)), "queues": .text(page.number(status.queues.count)),
            ].merging(page.time("checkedAt", status.checkedAt)) { $1 }, reload: 10)
    }
}
