import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres

/// The schedules whose ticks are late, by the database's clock. Schedules that people have paused are never late.
struct LateSchedules: Sendable {
    /// What the alert is about: one clock that stands still makes all of them late.
    static let subject = "tick-publisher"
    /// A tick is published within a second, and within seconds when its replica has died.
    private static let patience: TimeInterval = 120
    /// How many schedules the alert names.
    private static let most = 10

    /// The jobs, and what is wrong with their ticks.
    private let late: [(job: String, reason: String)]
    /// Ticks that were decided and not published.
    private let unpublished: Int

    static func read(_ tx: Transaction) async throws -> LateSchedules {
        let rows = try await tx.query(Self.schedules, as: Row.self)
        let late = rows.compactMap { row in row.fault.map { (row.job, $0) } }
        return LateSchedules(late: late, unpublished: try await tx.row(Self.unpublishedTicks, as: Int.self, Self.patience))
    }

    /// One sentence for people; nil when none is late.
    var summary: String? {
        if let first = late.first {
            let others = late.count > 1 ? ", and \(late.count - 1) more" : ""
            return "\(first.job) \(first.reason)\(others)"
        }
        return unpublished > 0 ? "\(unpublished) ticks have waited for two minutes to be published" : nil
    }

    /// The first of them.
    var figures: [String: String] { Dictionary(late.prefix(Self.most).map { ($0.job, $0.reason) }) { first, _ in first } }

    private struct Row: Decodable, Sendable {
        let job: String
        let cron: String
        let zone: String
        let decidedThrough: Date
        let problem: String?
        let now: Date

        var fault: String? {
            if let problem { return "cannot be followed: \(problem)" }
            // tick-publisher says what is wrong with one that cannot be read.
            guard let cron = try? CronExpression(cron), let zone = try? CronZone(zone) else { return nil }
            guard let next = cron.next(after: decidedThrough, in: zone), next < now - LateSchedules.patience else { return nil }
            return "was due at \(RFC3339.string(from: next)) and has no tick"
        }
    }

    private static let schedules: SQL = """
        select job, coalesce(cron_override, cron) as cron, coalesce(zone_override, zone) as zone, decided_through, problem, now() as now
        from operations.schedules where enabled and in_document order by job limit 1000
        """

    private static let unpublishedTicks: SQL = """
        select count(*) from (select from operations.ticks
                              where status = 'claimed' and lease_until < now() - make_interval(secs => $1) limit 1000) few
        """
}
