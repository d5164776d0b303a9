import Contracts
import Cron
import FoundationEssentials
import Postgres

/// A schedule as the clock has it in `operations.schedules`, with what people changed.
struct ScheduleRow: Decodable, Sendable {
    let job: String
    let service: String
    let cron: String
    let zone: String
    let misfire: String
    let description: String
    /// False when the document no longer has it; then nobody follows it.
    let inDocument: Bool
    /// False when it is paused.
    let enabled: Bool
    let cronOverride: String?
    let zoneOverride: String?
    let misfireOverride: String?
    /// Fire times up to here are decided.
    let decidedThrough: Date
    /// Why the clock cannot follow it.
    let problem: String?

    /// The expression that holds.
    var effectiveCron: String { cronOverride ?? cron }
    /// The zone that holds.
    var effectiveZone: String { zoneOverride ?? zone }
    /// Whether the clock is to follow it.
    var isFollowed: Bool { enabled && inDocument }

    /// Why nothing is due although the clock can follow it: a clock that was wrong has decided times that are still to come.
    func standstill(at now: Date) -> String? {
        guard isFollowed, decidedThrough > now + 10 else { return nil }
        return "it is decided up to \(RFC3339.string(from: decidedThrough)), which is in the future; a tick-publisher whose clock is right"
            + " pulls it back within a minute"
    }

    /// The first fire time after an instant; nil when there is none or it cannot be followed.
    func next(after instant: Date) -> Date? {
        guard let cron = try? CronExpression(effectiveCron), let zone = try? CronZone(effectiveZone) else { return nil }
        return cron.next(after: instant, in: zone)
    }

    /// All of them.
    static func all(_ database: PostgresClient) async throws -> [ScheduleRow] { try await database.query(select, as: ScheduleRow.self) }

    private static let select: SQL = """
        select job, service, cron, zone, misfire, description, in_document, enabled, cron_override, zone_override, misfire_override,
               decided_through, problem
        from operations.schedules order by job
        """

    /// Changes one in the name of a person.
    /// - Parameter change: A JSON object with any of the keys `enabled`, `cron`, `zone`, `misfire`; null takes an override back.
    static func change(_ job: String, by actor: String, _ change: String, _ database: PostgresClient) async throws -> ScheduleRow? {
        try await database.query(changing, as: ScheduleRow.self, actor, job, change).first
    }

    private static let changing: SQL = """
        select job, service, cron, zone, misfire, description, in_document, enabled, cron_override, zone_override, misfire_override,
               decided_through, problem
        from operations.change_schedule($1, $2, $3::jsonb)
        """
}
