import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres

/// Changes a schedule for somebody, with an entry in the audit log; the clock's own history has it too.
struct ScheduleAction: Sendable {
    let job: String
    let change: ScheduleChange
    /// `schedule.pause`, `schedule.resume`, `schedule.override`.
    let action: String
    let reason: String

    /// - Returns: the schedule as it is now; nil when there is none of this job.
    func perform(by actor: Actor, _ runtime: ServiceRuntime) async throws -> ScheduleRow? {
        let json = String(decoding: try WireCoding.encodeJSON(change), as: UTF8.self)
        do {
            return try await runtime.transaction { tx in
                let row = try await ScheduleRow.change(job, by: actor.name, json, tx)
                try AuditLog.write(AuditLog.Entry(action: action, subject: job, reason: reason, after: change), by: actor, tx)
                return row
            }
        } catch let error as PostgresError where error.sqlState == "P0002" {
            return nil
        }
    }

    /// What is wrong with an override; nil when it can be followed.
    static func problem(cron: String?, zone: String?) -> (field: String, reason: String)? {
        if let cron {
            do { _ = try CronExpression(cron) } catch { return ("cron", "\(error)") }
        }
        if let zone {
            do { _ = try CronZone(zone) } catch { return ("zone", "\(error)") }
        }
        return nil
    }

    /// A change in the clock's history.
    struct Past: Codable, Sendable {
        let id: Int
        let changedAt: Date
        let changedBy: String
        let field: String
        let fromValue: String?
        let toValue: String?
    }

    /// The latest changes of a job's schedule, newest first.
    static func history(of job: String, _ database: PostgresClient) async throws -> [Past] {
        try await database.query(changes, as: Past.self, job)
    }

    private static let changes: SQL = """
        select id, changed_at, changed_by, field, from_value, to_value from operations.schedule_changes where job = $1::text order by id desc limit 50
        """
}
