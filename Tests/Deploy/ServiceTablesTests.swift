import Contracts
import Cron
import Foundation
import Platform
import Schedules
import Testing

@Suite("README lists every job and message as the code has them")
struct ServiceTablesTests {
    /// The rows of a table of README, cell by cell.
    private static func rows(below heading: String) throws -> [[String]] {
        let lines = try Repository.text("README.md").split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0 == heading })
        return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { line in
            line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// The words in `code` of a cell.
    private static func code(_ cell: String) -> [String] { cell.matches(of: /`([a-z.-]+)`/).map { String($0.1) } }

    private static func topology<S: BackgroundService>(_ service: S.Type) throws -> ServiceTopology {
        try ServiceHost(service, settings: Settings(ServiceDeclarations.values)).topology
    }

    @Test("Below each service are its jobs, and when they run is what Contracts/schedules.yaml says")
    func jobs() throws {
        let schedules = try ScheduleFile(yaml: Repository.text("Contracts/schedules.yaml")).schedules
        let crons = Dictionary(uniqueKeysWithValues: schedules.map { ($0.job, $0.cron.text) })
        var found: [String: [String]] = [:]
        var service = ""
        for row in try Self.rows(below: "| job | when | what |") {
            if let heading = row[0].firstMatch(of: /^\*\*([a-z-]+)\*\*$/) {
                service = String(heading.1)
                found[service] = []
                continue
            }
            let jobs = Self.code(row[0])
            found[service, default: []] += jobs
            let times = try jobs.map { try Self.words(#require(crons[$0], "\($0)")) }
            let when = row[1].split(separator: ", and ").first.map(String.init)
            #expect(when == times.joined(separator: ", "), "\(jobs)")
        }
        for declared in ServiceDeclarations.all {
            #expect(try found[declared.name]?.sorted() == Self.topology(declared).jobs.map(\.rawValue).sorted(), "\(declared.name)")
        }
        #expect(found.count == ServiceDeclarations.all.count)
    }

    /// A cron expression in the words of the table.
    private static func words(_ cron: String) -> String {
        let days = ["SUN": "Sundays", "MON": "Mondays", "TUE": "Tuesdays"]
        if cron == "0 * * * *" { return "hourly" }
        if let minutes = cron.wholeMatch(of: /\*\/(\d+) \* \* \* \*/) { return "every \(minutes.1) minutes" }
        if let hours = cron.wholeMatch(of: /0 \*\/(\d+) \* \* \*/) { return "every \(hours.1) hours" }
        if let first = cron.wholeMatch(of: /0 (\d) 1 \* \*/) { return "on the 1st at 0\(first.1):00" }
        guard let time = cron.wholeMatch(of: /0 (\d+) \* \* (\*|[A-Z]{3})/) else { return "no words for \(cron)" }
        let hour = "at \(time.1.count == 1 ? "0" : "")\(time.1):00"
        return days[String(time.2)].map { "\($0) \(hour)" } ?? (hour == "at 00:00" ? "at midnight" : hour)
    }

    @Test("Each message is listed with its publisher and with every service that consumes it")
    func messages() throws {
        let rows = try Self.rows(below: "| message | from | consumed by |")
        let routes = Dictionary(uniqueKeysWithValues: MessageRoute.all.map { ($0.type.rawValue, $0) })
        let services = Set(ServiceDeclarations.all.map { $0.name })
        for row in rows {
            for type in Self.code(row[0]) {
                let route = try #require(routes[type], "\(type)")
                let readers = row[2].matches(of: /(?:^|; )([a-z-]+):/).map { String($0.1) }
                #expect(Set(readers) == Set(route.readers), "\(type)")
                if let publisher = route.publisher, services.contains(publisher) { #expect(row[1] == publisher, "\(type)") }
            }
        }
        // The other messages stand beside the jobs of the services that consume them.
        let listed = Set(
            rows.flatMap { Self.code($0[0]) } + (try Self.rows(below: "| job | when | what |").flatMap { Self.code($0[1]) + Self.code($0[2]) }))
        for route in MessageRoute.all where !route.readers.isEmpty { #expect(listed.contains(route.type.rawValue), "\(route.type)") }
        for declared in ServiceDeclarations.all {
            let consumed = try Self.topology(declared).types.map(\.rawValue)
            #expect(Set(consumed) == Set(MessageRoute.all.filter { $0.readers.contains(declared.name) }.map(\.type.rawValue)), "\(declared.name)")
        }
    }
}
