import Platform

/// The processes of the services and what waits in their queues.
enum ServicesPage {
    @Sendable static func show(_ request: ConsoleRequest, _ page: Page) async throws -> WebResponse {
        let status = try await SystemStatus.look(request.runtime)
        let processes: [[String: Template.Value]] = status.processes.map { process in
            [
                "service": .text(process.service), "instance": .text(process.instance), "version": .text(process.version),
                "up": .text(page.age(process.startedAt)), "memory": .text(page.bytes(process.residentBytes)),
                "isSilent": .text(process.isSilent ? page.age(process.seenAt) : ""),
                "work": .text(process.oldestWorkSeconds.map { page.duration(Double($0)) } ?? ""),
            ]
        }
        let queues: [[String: Template.Value]] = status.queues.map { queue in
            [
                "queue": .text(queue.queue), "messages": .text(page.number(queue.messages)), "consumers": .text(page.number(queue.consumers)),
                "isWaiting": .text(queue.messages > 0 && (queue.isParking || queue.consumers == 0) ? "yes" : ""),
            ]
        }
        let alerts: [[String: Template.Value]] = status.findings.filter { $0.kind == .alert }.map { alert in
            [
                "subject": .text(request.actor.shown(alert.subject)), "detail": .text(request.actor.shown(alert.detail)),
                "age": .text(page.age(alert.since)),
            ].merging(page.time("since", alert.since)) { $1 }
        }
        return try page.response(
            "services",
            [
                "processes": .list(processes), "hasProcesses": .text(processes.isEmpty ? "" : "yes"), "queues": .list(queues),
                "hasQueues": .text(queues.isEmpty ? "" : "yes"), "alerts": .list(alerts), "hasAlerts": .text(alerts.isEmpty ? "" : "yes"),
                "noBroker": .text(status.findings.first { $0.kind == .unknown }?.detail ?? ""),
            ], reload: 10)
    }
}
