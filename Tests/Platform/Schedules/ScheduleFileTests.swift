import Cron
import Testing

@testable import Schedules

@Suite("Schedules document")
struct ScheduleFileTests {
    private func entry(_ lines: String...) -> String { "version: 1\nschedules:\n  - " + lines.joined(separator: "\n    ") + "\n" }

    @Test("An entry has its zone and policy, or the default of both")
    func entries() throws {
        let file = try ScheduleFile(
            yaml: entry("job: a.one", "service: a", "cron: '0 2 * * *'", "zone: Europe/Berlin", "misfire: all", "description: One.")
                + "  - {job: a-b.two-2, service: a-b, cron: '@daily', description: Two.}\n")
        #expect(file.schedules.map(\.job) == ["a.one", "a-b.two-2"])
        #expect(file.schedules[0].zone?.identifier == "Europe/Berlin" && file.schedules[0].misfire == .all)
        #expect(file.schedules[1].zone == nil && file.schedules[1].misfire == .latest && file.schedules[1].description == "Two.")
    }

    @Test(
        "An error names the line, the key and what to do",
        arguments: [
            ("", nil, nil, "version: 1"), ("- 1", 1, nil, "keys version"), ("version: 2\nschedules: []", 1, "version", "must be 1"),
            ("version: 1\nschedules: {}", 2, "schedules", "list"), ("version: 1\nschedules: []\nextra: 1", 3, "extra", "unknown"),
            (
                "version: 1\nschedules:\n  - job: a.b\n    service: a\n    cron: '0 25 * * *'\n    description: x", 5, "cron",
                "hour '25' at position 3"
            ),
            ("version: 1\nschedules:\n  - job: a.b\n    service: a\n    cron: '@daily'\n    zone: Mars/Base\n    description: x", 6, "zone", "IANA"),
            (
                "version: 1\nschedules:\n  - job: a.b\n    service: a\n    cron: '@daily'\n    misfire: some\n    description: x", 6, "misfire",
                "latest, all or none"
            ),
            ("version: 1\nschedules:\n  - job: a.b\n    service: c\n    cron: '@daily'\n    description: x", 3, "job", "'c.'"),
            ("version: 1\nschedules:\n  - job: a.B\n    service: a\n    cron: '@daily'\n    description: x", 3, "job", "lower-case"),
            ("version: 1\nschedules:\n  - job: a.b\n    service: a\n    description: x", 3, "cron", "missing"),
            ("version: 1\nschedules:\n  - job: a.b\n    service: a\n    cron: [1]\n    description: x", 5, "cron", "text"),
            ("version: 1\nschedules:\n  - job: a.b\n    service: a\n    crom: x", 5, "crom", "unknown"),
            ("version: 1\nschedules:\n  - &x {job: a.b, service: a, cron: '@daily', description: x}\n  - *x", 3, "job", "already on line 3"),
            ("version: 1\nschedules: [", 3, nil, "no YAML"), ("version: 1\nversion: 1\nschedules: []", 1, "version", "twice"),
        ] as [(String, Int?, String?, String)])
    func errors(yaml: String, line: Int?, key: String?, reason: String) {
        let error = #expect(throws: ScheduleFileError.self) { try ScheduleFile(yaml: yaml) }
        #expect(error?.line == line && error?.key == key && error?.reason.contains(reason) == true, "\(error?.description ?? "")")
    }
}
