import Contracts
import Cron
import FoundationEssentials
import Postgres

/// A row of the scheduler's table `operations.schedules`, with the overrides.
struct ScheduleRow: Decodable, Sendable {
    let job: String
    let service: String
    let cron: String
    let zone: String
    let misfire: String
    let description: String
    /// False when the document no longer has it; then it does not fire.
    let inDocument: Bool
    /// False when it is paused.
    let enabled: Bool
    let cronOverride: String?
    let zoneOverride: String?
    let misfireOverride: String?
    /// Fire times up to here are decided.
    let decidedThrough: Date
    /// Why the scheduler cannot use it.
    let problem: String?

    /// The effective expression.
    var effectiveCron: String { cronOverride ?? cron }
    /// The effective zone.
    var effectiveZone: String { zoneOverride ?? zone }
    /// Whether the schedule should fire.
    var isFollowed: Bool { enabled && inDocument }

    /// Why no tick is due although the schedule is valid: a wrong clock has decided fire times that are still in the
    /// future.
    func standstill(at now: Date) -> String? {
        guard isFollowed, decidedThrough > now + 10 else { return nil }
        return "it is decided up to \(RFC3339.string(from: decidedThrough)), which is in the future; a tick-publisher whose clock is right"
            + " pulls it back within a minute"
    }

    /// The first fire time after a point in time; nil when there is none or the schedule is invalid.
    func next(after instant: Date) -> Date? {
        guard let cron = try? CronExpression(effectiveCron), let zone = try? CronZone(effectiveZone) else { return nil }
        return cron.next(after: instant, in: zone)
    }

    /// All schedules.
    static func all(_ database: PostgresClient) async throws -> [ScheduleRow] { try await database.query(select, as: ScheduleRow.self) }

    private static let select: SQL = """
        select job, service, cron, zone, misfire, description, in_document, enabled, cron_override, zone_override, misfire_override,
               decided_through, problem
        from operations.schedules order by job
        """

    /// Changes a schedule in the name of a person.
    /// - Parameter change: A JSON object with any of the keys `enabled`, `cron`, `zone`, `misfire`; null removes an
    ///   override.
    static func change(_ job: String, by actor: String, _ change: String, _ database: PostgresClient) async throws -> ScheduleRow? {
        try await database.query(changing, as: ScheduleRow.self, actor, job, change).first
    }

    private static let changing: SQL = """
        select job, service, cron, zone, misfire, description, in_document, enabled, cron_override, zone_override, misfire_override,
               decided_through, problem
        from operations.change_schedule($1, $2, $3::jsonb)
        """
}
