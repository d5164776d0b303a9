import Contracts
import Cron
import FoundationEssentials
import Postgres

/// A row of the scheduler's table `operations.schedules`, with the overrides.
public struct ScheduleRow: Decodable, Sendable {
    /// The job.
    public let job: String
    /// Who works it.
    public let service: String
    /// The document's expression.
    public let cron: String
    /// The document's zone.
    public let zone: String
    /// The document's policy for missed times.
    public let misfire: String
    /// One sentence for people.
    public let description: String
    /// False when the document no longer has it; then it does not fire.
    public let inDocument: Bool
    /// False when it is paused.
    public let enabled: Bool
    /// What somebody has put in the place of the document's expression.
    public let cronOverride: String?
    /// What somebody has put in the place of the document's zone.
    public let zoneOverride: String?
    /// What somebody has put in the place of the document's policy.
    public let misfireOverride: String?
    /// Fire times up to here are decided.
    public let decidedThrough: Date
    /// Why the scheduler cannot use it.
    public let problem: String?

    /// The effective expression.
    public var effectiveCron: String { cronOverride ?? cron }
    /// The effective zone.
    public var effectiveZone: String { zoneOverride ?? zone }
    /// Whether the schedule should fire.
    public var isFollowed: Bool { enabled && inDocument }

    /// Why no tick is due although the schedule is valid: a wrong clock has decided fire times that are still in the
    /// future.
    public func standstill(at now: Date) -> String? {
        guard isFollowed, decidedThrough > now + 10 else { return nil }
        return "it is decided up to \(RFC3339.string(from: decidedThrough)), which is in the future; a tick-publisher whose clock is right"
            + " pulls it back within a minute"
    }

    /// The first fire time after a point in time; nil when there is none or the schedule is invalid.
    public func next(after instant: Date) -> Date? {
        guard let cron = try? CronExpression(effectiveCron), let zone = try? CronZone(effectiveZone) else { return nil }
        return cron.next(after: instant, in: zone)
    }

    /// All schedules.
    public static func all(_ database: some PostgresQueryable) async throws -> [ScheduleRow] {
        try await database.query(select, as: ScheduleRow.self)
    }

    private static let select: SQL = """
        select job, service, cron, zone, misfire, description, in_document, enabled, cron_override, zone_override, misfire_override,
               decided_through, problem
        from operations.schedules order by job
        """

    /// Changes a schedule in the name of a person.
    /// - Parameter change: A JSON object with any of the keys `enabled`, `cron`, `zone`, `misfire`; null removes an
    ///   override.
    public static func change(_ job: String, by actor: String, _ change: String, _ database: some PostgresQueryable) async throws -> ScheduleRow? {
        try await database.query(changing, as: ScheduleRow.self, actor, job, change).first
    }

    /// Changes a schedule in the name of a person, with what else the transaction does.
    public static func change(_ job: String, by actor: String, _ change: String, _ tx: Transaction) async throws -> ScheduleRow? {
        try await tx.query(changing, as: ScheduleRow.self, actor, job, change).first
    }

    private static let changing: SQL = """
        select job, service, cron, zone, misfire, description, in_document, enabled, cron_override, zone_override, misfire_override,
               decided_through, problem
        from operations.change_schedule($1, $2, $3::jsonb)
        """
}
