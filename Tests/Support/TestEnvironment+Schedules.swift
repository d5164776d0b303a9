import Cron
import Foundation
import Postgres
import Schedules

extension TestEnvironment {
    /// Brings the schedules of Contracts/schedules.yaml into the database, as tick-publisher does with this `TIME_ZONE`.
    public func adoptSchedules(zone: String = "UTC") async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let schedules = try ScheduleFile(yaml: String(contentsOf: root.appending(path: "Contracts/schedules.yaml"), encoding: .utf8)).schedules
        try await database.execute(
            """
            insert into operations.schedules (job, service, cron, zone, misfire, description, revision)
            select job, service, cron, zone, misfire, description, 0
            from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) as s (job, service, cron, zone, misfire, description)
            """, schedules.map(\.job), schedules.map(\.service), schedules.map(\.cron.text), schedules.map { $0.zone?.identifier ?? zone },
            schedules.map(\.misfire.rawValue), schedules.map(\.description))
    }
}
