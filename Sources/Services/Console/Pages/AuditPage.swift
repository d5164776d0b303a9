import Platform

/// Who did what, and why.
enum AuditPage {
    private static let limit = 50

    @Sendable static func show(_ request: ConsoleRequest, _ page: Page) async throws -> WebResponse {
        let entries = try await AuditLog.read(before: request.number("before", in: 1...Int.max), limit: limit + 1, request.runtime.database)
        let rows: [[String: Template.Value]] = entries.prefix(limit).map { entry in
            [
                "actor": .text(entry.actor), "role": .text(entry.role), "address": .text(entry.address), "action": .text(entry.action),
                "subject": .text(entry.subject), "reason": .text(entry.reason), "content": .text(entry.after ?? ""),
            ].merging(page.time("at", entry.at)) { $1 }
        }
        return try page.response(
            "audit",
            [
                "entries": .list(rows), "hasEntries": .text(rows.isEmpty ? "" : "yes"), "hasMore": .text(entries.count > limit ? "yes" : ""),
                "more": .text("/audit?before=\(entries.prefix(limit).last?.id ?? 0)"),
            ])
    }
}
