import FoundationEssentials
import Platform
import Postgres

/// A table of which old rows are removed, step by step.
struct RetentionTable: Sendable {
    /// What a step did: the row of `operations.removal`.
    struct Step: Decodable, Sendable {
        let removed: Int
        /// Where the next step goes on; nil when the table is done.
        let next: Int?
        /// Why less was removed than is old.
        let kept: String?
    }

    /// The table's name for people: `bookings.inbox`.
    let name: String
    /// Makes the step from a place on; of at most so many rows or pages.
    let step: @Sendable (_ from: Int, _ limit: Int, _ now: Date, Transaction) async throws -> Step

    /// All tables of these schemas, these histories, and those of all services.
    static func all(of domains: [String], histories: [String], _ retention: RetentionSettings) -> [RetentionTable] {
        domains.map { inbox(of: $0, days: retention.inboxDays) } + domains.map { deliveries(of: $0, days: retention.deliveriesDays) }
            + histories.map { history($0, days: retention.historyDays) } + shared(retention)
    }

    private static func shared(_ retention: RetentionSettings) -> [RetentionTable] {
        [
            RetentionTable(name: "tickets.cache") { from, limit, _, tx in try await tx.row(cache, as: Step.self, from, limit) },
            RetentionTable(name: "operations.job_runs") { _, limit, now, tx in
                try await tx.row(runs, as: Step.self, now - days(retention.runsDays), limit)
            },
            RetentionTable(name: "operations.alerts") { _, limit, now, tx in
                try await tx.row(alerts, as: Step.self, now - days(retention.alertsDays), limit)
            },
        ]
    }

    /// Pages, and not rows, are the steps through an inbox: a page has about eighty rows.
    private static func inbox(of domain: String, days count: Int) -> RetentionTable {
        RetentionTable(name: "\(domain).inbox") { from, limit, now, tx in
            try await tx.row(inbox, as: Step.self, domain, now - days(count), from, max(1, limit / 8))
        }
    }

    private static func history(_ table: String, days count: Int) -> RetentionTable {
        RetentionTable(name: table) { from, limit, now, tx in
            try await tx.row(history, as: Step.self, table, now - days(count), from, max(1, limit / 8))
        }
    }

    private static func deliveries(of domain: String, days count: Int) -> RetentionTable {
        RetentionTable(name: "\(domain).deliveries") { _, limit, now, tx in
            try await tx.row(deliveries, as: Step.self, domain, now - days(count), limit)
        }
    }

    private static func days(_ count: Int) -> TimeInterval { TimeInterval(count) * 86_400 }

    private static let inbox: SQL = "select removed, next, kept from operations.remove_inbox($1, $2::timestamptz, $3, $4)"
    private static let deliveries: SQL = "select removed, next, kept from operations.redact_deliveries($1, $2::timestamptz, $3)"
    private static let history: SQL = "select removed, next, kept from operations.remove_history($1, $2::timestamptz, $3, $4)"
    private static let cache: SQL = "select removed, next, kept from tickets.remove_cache($1, $2)"
    private static let runs: SQL = "select removed, next, kept from operations.remove_runs($1::timestamptz, $2)"
    private static let alerts: SQL = "select removed, next, kept from operations.remove_alerts($1::timestamptz, $2)"
}
