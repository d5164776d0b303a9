import Contracts
import Cron
import FoundationEssentials
import Platform
import Schedules

/// Turns cron schedules into ticks and publishes each tick once, with any number of replicas. docs/clock.md explains
/// how.
///
/// Publishes to `boxoffice.ticks` and consumes nothing.
@main
struct TickPublisher: BackgroundService {
    static let name = "tick-publisher"
    static let schema = "operations"
    static let summary = "the clock: publishes a tick when a job is due, each once, with any number of replicas"
    static let settings = [schedulesFile.description, CommonSettings.timeZone.description]
    private static let schedulesFile = Setting.text(
        "SCHEDULES_FILE", "the schedules document; without it, Contracts/schedules.yaml as built in", .optional)

    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError) {
        let zone = try settings.zone()
        let schedules = try schedules(settings)
        service.add { runtime in Scheduler(runtime, schedules: schedules, zone: zone) }
        let heartbeat = try settings.value(CommonSettings.heartbeat)
        // Who watches all others is watched from here. This service sends no mails; the alert is in its log and in doctor.
        service.add { runtime in HeartbeatWatch(runtime, only: "maintenance", every: heartbeat) }
    }

    static func schedules(_ settings: Settings) throws(ConfigurationError) -> [Schedule] {
        let text: String
        let name: String
        if let path = try settings.optional(schedulesFile) {
            (text, name) = (try settings.contents(of: path, for: "SCHEDULES_FILE"), path)
        } else {
            guard let file = Embedded.files.first else { throw ConfigurationError("SCHEDULES_FILE", "is not set, and no document is built in") }
            (text, name) = (file.text, file.path)
        }
        let schedules: [Schedule]
        do {
            schedules = try ScheduleFile(yaml: text).schedules
        } catch {
            throw ConfigurationError("SCHEDULES_FILE", "(\(name)) cannot be used: \(error)".replacing("\n", with: " "))
        }
        if let schedule = schedules.first(where: { !JobName.isWellFormed($0.job) }) {
            throw ConfigurationError(
                "SCHEDULES_FILE", "(\(name)) has the job \(schedule.job), whose name is too long or does not begin with a letter")
        }
        return schedules
    }
}
