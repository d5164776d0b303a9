import Foundation
import Postgres
import Support
import Testing

@Suite("boxoffice shows and changes schedules")
struct SchedulesTests {
    private struct Overview: Decodable {
        let job: String
        let cron: String
        let zone: String
        let misfire: String
        let state: String
        let overridden: [String: String]
        let next: [Date]
    }

    @Test("Without a database the document is shown, in the zone of TIME_ZONE, with the next fire times in their order")
    func document() async throws {
        let boxoffice = CommandLineTool(["TIME_ZONE": "Europe/Berlin"])
        let all = try await boxoffice("schedules", "--next", "3", "--json").json(as: [Overview].self)
        #expect(all.count == 33)
        let refresh = try #require(all.first { $0.job == "tickets-cache.refresh" })
        #expect(refresh.cron == "*/5 * * * *")
        #expect(refresh.zone == "Europe/Berlin")
        #expect(refresh.next.count == 3)
        #expect(refresh.next == refresh.next.sorted())
        #expect(refresh.next.allSatisfy { $0 > Date() - 60 && Int($0.timeIntervalSince1970) % 300 == 0 })
        let table = try await boxoffice("schedules")
        #expect(table.output.split(separator: "\n").count == 34)
        #expect(table.errors.isEmpty)
    }

    @Test("A document of one's own is read, and a wrong one is named with its line")
    func ownDocument() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "schedules-\(UUID()).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        func write(_ cron: String) throws {
            let yaml = """
                version: 1
                schedules:
                  - job: bookings.cancel-expired
                    service: bookings
                    cron: "\(cron)"
                    description: Cancels.
                """
            try yaml.write(to: file, atomically: true, encoding: .utf8)
        }
        let boxoffice = CommandLineTool(["SCHEDULES_FILE": file.path])
        try write("0 0 1 1 *")
        #expect(try await boxoffice("schedules", "--json").json(as: [Overview].self).map(\.job) == ["bookings.cancel-expired"])
        try write("0 0 32 1 *")
        let wrong = try await boxoffice("schedules")
        #expect(wrong.status == 78)
        #expect(wrong.errors.contains("line 5"))
    }

    @Test("Pausing, resuming and overriding is seen at once and recorded with who did it")
    func changes() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(
                """
                insert into operations.schedules (job, service, cron, zone, misfire, description)
                values ('loyalty-notifier.notify', 'loyalty-notifier', '*/5 * * * *', 'UTC', 'latest', 'Pushes.')
                """)
            let boxoffice = CommandLineTool(environment)
            #expect(try await boxoffice("schedules", "pause", "loyalty-notifier.notify").status == 0)
            let paused = try await notify(boxoffice)
            #expect(paused.state == "paused")
            #expect(paused.next.isEmpty)
            #expect(try await boxoffice("schedules", "resume", "loyalty-notifier.notify").status == 0)
            let change = try await boxoffice(
                "schedules", "override", "loyalty-notifier.notify", "--cron", "0 0 3 * * *", "--zone", "Asia/Kathmandu", "--misfire", "none")
            #expect(change.output.contains("enabled (cron, misfire, zone overridden)"))
            let changed = try await notify(boxoffice)
            #expect(changed.cron == "0 0 3 * * *")
            #expect(changed.zone == "Asia/Kathmandu")
            #expect(changed.misfire == "none")
            #expect(changed.overridden == ["cron": "*/5 * * * *", "zone": "UTC", "misfire": "latest"])
            // 3 o'clock at UTC+05:45.
            #expect(changed.next.map { Int($0.timeIntervalSince1970) % 86_400 } == [21 * 3600 + 15 * 60])

            #expect(try await boxoffice("schedules", "override", "loyalty-notifier.notify", "--reset", "--misfire", "all").status == 0)
            let reset = try await notify(boxoffice)
            #expect(reset.cron == "*/5 * * * *")
            #expect(reset.overridden == ["misfire": "latest"])
            #expect(try await environment.value("select count(*) from operations.schedule_changes where changed_by = 'tester'", as: Int.self) == 8)

            // A shell without USER belongs to somebody all the same.
            var nameless = boxoffice
            nameless.variables["USER"] = nil
            #expect(try await nameless("schedules", "pause", "loyalty-notifier.notify").status == 0)
            let actor = "select changed_by from operations.schedule_changes order by id desc limit 1" as SQL
            #expect(try await environment.value(actor, as: String.self) == NSUserName())
        }
    }

    /// What is shown of the one schedule that the clock of these tests has.
    private func notify(_ boxoffice: CommandLineTool) async throws -> Overview {
        let all = try await boxoffice("schedules", "list", "--json").json(as: [Overview].self)
        #expect(all.count == 33)
        return try #require(all.first { $0.job == "loyalty-notifier.notify" })
    }

    @Test("A schedule that the clock does not have cannot be changed")
    func unknown() async throws {
        try await TestEnvironment.open { environment in
            let call = try await CommandLineTool(environment)("schedules", "pause", "loyalty-notifier.notify")
            #expect(call.status == 1)
            #expect(call.errors.contains("there is no schedule of the job loyalty-notifier.notify"))
            #expect(call.lines.count == 1)
        }
    }

    @Test("With a database that does not answer, the document is shown and that is said")
    func unreachable() async throws {
        let call = try await CommandLineTool(["DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"])("schedules")
        #expect(call.status == 0)
        #expect(call.errors.contains("not known"))
        #expect(call.output.split(separator: "\n").count == 34)
    }
}
