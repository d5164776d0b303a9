import Cron
import YAML

/// The schedules document (Contracts/schedules.yaml): every job once, with its times.
public struct ScheduleFile: Sendable, Equatable {
    /// In the order of the document.
    public let schedules: [Schedule]

    /// Reads a document; every cron expression and zone in it is checked.
    ///
    /// - Throws: `ScheduleFileError` for the first thing that is wrong, with its line.
    public init(yaml: String) throws(ScheduleFileError) {
        let root: YAMLNode?
        do {
            root = try YAMLDocument.parse(yaml)
        } catch {
            throw ScheduleFileError(line: error.line, key: error.key, reason: error.reason)
        }
        guard let root else { throw ScheduleFileError(line: nil, key: nil, reason: "the document is empty; write 'version: 1' and 'schedules:'") }
        let document = try ScheduleEntry(root, keys: ["version", "schedules"])
        guard try document.text("version") == "1" else { throw document.error("version", "must be 1") }
        guard let list = document.node("schedules")?.sequence else { throw document.error("schedules", "must be a list of jobs") }
        var schedules: [Schedule] = []
        var lines: [String: Int] = [:]
        for node in list {
            let entry = try ScheduleEntry(node, keys: ["job", "service", "cron", "zone", "misfire", "description"])
            let schedule = try Self.schedule(entry)
            if let first = lines[schedule.job] { throw entry.error("job", "\(schedule.job) is already on line \(first); keep one of the two") }
            lines[schedule.job] = entry.line("job")
            schedules.append(schedule)
        }
        self.schedules = schedules
    }

    private static func schedule(_ entry: ScheduleEntry) throws(ScheduleFileError) -> Schedule {
        let job = try entry.required("job")
        let service = try entry.required("service")
        guard isJob(job, of: service) else {
            throw entry.error("job", "'\(job)' must be '\(service).' and a name of lower-case letters, digits and '-'")
        }
        let misfire: MisfirePolicy
        switch try entry.text("misfire") {
        case nil: misfire = .latest
        case let text?:
            guard let policy = MisfirePolicy(rawValue: text) else { throw entry.error("misfire", "'\(text)' must be latest, all or none") }
            misfire = policy
        }
        return Schedule(
            job: job, service: service, cron: try cron(entry), zone: try zone(entry), misfire: misfire, description: try entry.required("description")
        )
    }

    private static func cron(_ entry: ScheduleEntry) throws(ScheduleFileError) -> CronExpression {
        let text = try entry.required("cron")
        do {
            return try CronExpression(text)
        } catch {
            throw entry.error("cron", error.description)
        }
    }

    private static func zone(_ entry: ScheduleEntry) throws(ScheduleFileError) -> CronZone? {
        guard let name = try entry.text("zone") else { return nil }
        do {
            return try CronZone(name)
        } catch {
            throw entry.error("zone", error.description)
        }
    }

    /// A name is a routing key and a metric label, so it has only characters that need no escaping anywhere.
    private static func isJob(_ job: String, of service: String) -> Bool {
        guard !service.isEmpty, job.hasPrefix(service + "."), job.utf8.count <= 120 else { return false }
        let name = job.utf8.dropFirst(service.utf8.count + 1)
        return !name.isEmpty
            && (Array(name) + Array(service.utf8)).allSatisfy { byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "-")
            }
    }
}
