import Cron
import FoundationEssentials
import Platform
import Schedules

/// The schedules document: the file of `SCHEDULES_FILE`, or Contracts/schedules.yaml as it was when this executable was
/// built.
struct ScheduleDocument: Sendable {
    /// Its schedules.
    let schedules: [Schedule]
    /// The zone of schedules without one: `TIME_ZONE`, or UTC.
    let zone: CronZone
    /// Where it comes from, for people.
    let source: String

    /// Reads the document.
    /// - Throws: ``ConfigurationError`` naming `SCHEDULES_FILE` or `TIME_ZONE`.
    init(_ settings: Settings) throws(ConfigurationError) {
        let path = settings.string("SCHEDULES_FILE")
        let source = path ?? "Contracts/schedules.yaml"
        let yaml: String
        if let path {
            yaml = try settings.contents(of: path, for: "SCHEDULES_FILE")
        } else {
            yaml = Embedded.files.first { $0.path == source }?.text ?? ""
        }
        self.source = source
        do {
            schedules = try ScheduleFile(yaml: yaml).schedules
        } catch {
            throw ConfigurationError("SCHEDULES_FILE", "is wrong: \(source): \(error)")
        }
        zone = try settings.zone()
    }
}
