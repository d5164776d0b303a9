import FoundationEssentials
import Platform
import Postgres

/// A report and those before it, the newest first.
struct ReportHistory<Body: Decodable & Sendable>: Sendable {
    /// A report of the history.
    struct Entry: Decodable, Sendable {
        let periodStart: Date
        let periodEnd: Date
        let body: Body

        /// By its date a daily report is called: where clocks skip 23:00, a period ends at midnight.
        var lastSecond: Date { periodEnd - 1 }
    }

    /// The report.
    let current: Entry
    /// The report of the period right before, if there is one.
    let before: Entry?
    /// The report and earlier ones, the oldest first.
    let all: [Entry]

    /// Reads a report that was stored in this transaction, and up to `count` in all; nil when its figures are too large
    /// for a mail.
    static func read(_ kind: Report.Kind, _ period: ReportPeriod, count: Int, _ tx: Transaction) async throws -> ReportHistory? {
        let rows = try await tx.query(select, kind.rawValue, period.end, count)
        var entries: [Entry] = []
        do {
            for row in rows {
                entries.append(
                    Entry(
                        periodStart: try row.decode(Date.self, at: 0), periodEnd: try row.decode(Date.self, at: 1),
                        body: try row.decode(PostgresJSON.self, at: 2).decode(Body.self)))
            }
        } catch {
            tx.recordFailure(of: "the mail with the \(kind.rawValue) report", reason: error)
        }
        guard let current = entries.first, current.periodEnd == period.end else { return nil }
        return ReportHistory(
            current: current, before: entries.dropFirst().first { $0.periodEnd == current.periodStart }, all: entries.reversed())
    }

    private static var select: SQL {
        """
        select period_start, period_end, body from reports
        where kind = $1 and period_end <= $2::timestamptz order by period_end desc limit $3
        """
    }
}
