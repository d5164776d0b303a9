import Cron
import FoundationEssentials
import Platform
import Schedules
import Testing

@testable import TickPublisher

@Suite("tick-publisher's settings")
struct SettingsTests {
    @Test("Without settings it has the document of the house, in UTC")
    func standard() throws {
        let schedules = try TickPublisher.schedules(Settings([:]))
        #expect(schedules.count == 33 && schedules.contains { $0.job == "bookings.process-refunds" })
        #expect(try Settings([:]).zone() == .utc)
        #expect(try Settings(["TIME_ZONE": "Europe/Berlin"]).zone().identifier == "Europe/Berlin")
    }

    @Test("A zone that there is not is named", arguments: ["Mars/Base", "../etc/passwd"])
    func badZone(zone: String) {
        let error = #expect(throws: ConfigurationError.self) { try Settings(["TIME_ZONE": zone]).zone() }
        #expect(error?.variable == "TIME_ZONE" && error?.problem.contains(zone) == true)
    }

    @Test(
        "A document that cannot be used is complained about on one line, with its file and line",
        arguments: [
            ("schedules: [", "no YAML"),
            ("version: 1\nschedules:\n  - {job: bench.a, service: bench, cron: \"61 * * * *\", description: x}", "line 3: cron"),
            ("version: 1\nschedules:\n  - {job: 1bench.a, service: 1bench, cron: \"@daily\", description: x}", "1bench.a"),
        ])
    func badDocument(text: String, reason: String) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "schedules-\(UInt64.random(in: 0 ... .max)).yaml")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let error = #expect(throws: ConfigurationError.self) { try TickPublisher.schedules(Settings(["SCHEDULES_FILE": file.path])) }
        let line = try #require(error).description
        #expect(line.hasPrefix("SCHEDULES_FILE (\(file.path))") && line.contains(reason) && !line.contains("\n"), "\(line)")
    }

    @Test("A document that is not there is named")
    func noDocument() {
        let error = #expect(throws: ConfigurationError.self) { try TickPublisher.schedules(Settings(["SCHEDULES_FILE": "/nowhere/s.yaml"])) }
        #expect(error?.description == "SCHEDULES_FILE cannot read /nowhere/s.yaml: no such file or directory")
    }
}
