import Cron
import FoundationEssentials
import Platform
import Postgres
import Schedules
import Support
import Testing

@testable import TickPublisher

@Suite("operations.schedules")
struct ScheduleTableTests {
    /// A house and a ledger that works as the clock's own role.
    private func open(_ body: @escaping @Sendable (TestEnvironment, TickStore) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            let url = try #require(environment.settings(role: TickPublisher.name).string("DATABASE_URL"))
            let client = PostgresClient(try PostgresConfiguration(url: url), logger: TestServers.logger)
            do {
                try await body(environment, TickStore(database: client, replica: "a"))
            } catch {
                await client.close()
                throw error
            }
            await client.close()
        }
    }

    private func schedule(_ job: String, _ cron: String) throws -> Schedule {
        Schedule(job: job, service: "bench", cron: try CronExpression(cron), misfire: .latest, description: "For a test.")
    }

    private func audit(_ environment: TestEnvironment) async throws -> [String] {
        try await environment.database.query(
            "select concat_ws(' ', changed_by, job, field, coalesce(from_value, '-'), coalesce(to_value, '-')) from operations.schedule_changes order by id",
            as: String.self)
    }

    @Test("Adopting the same document again changes nothing; another document is adopted, audited, and retires what it leaves out")
    func syncSchedules() async throws {
        try await open { environment, store in
            let berlin = try CronZone("Europe/Berlin")
            try await store.syncSchedules([try schedule("bench.keeps", "@daily"), try schedule("bench.goes", "@daily")], zone: berlin)
            let before = try await store.changes(after: 0)
            #expect(before.map(\.zone) == ["Europe/Berlin", "Europe/Berlin"] && before.map(\.enabled) == [true, true])
            try await store.syncSchedules([try schedule("bench.keeps", "@daily"), try schedule("bench.goes", "@daily")], zone: berlin)
            #expect(try await store.changes(after: 0) == before)
            #expect(try await audit(environment).isEmpty)

            try await store.syncSchedules([try schedule("bench.keeps", "@hourly")], zone: berlin)
            let changed = try await store.changes(after: try #require(before.last?.revision))
            #expect(changed.map(\.job) == ["bench.keeps", "bench.goes"] && changed.map(\.enabled) == [true, false])
            #expect(
                try await audit(environment) == [
                    "schedules.yaml bench.keeps cron @daily @hourly", "schedules.yaml bench.goes in_document true false",
                ])
        }
    }

    @Test("Many replicas that start at once adopt the document together")
    func adoptTogether() async throws {
        try await open { environment, store in
            let one = try (1...30).map { try schedule("bench.job-\($0)", "@daily") }
            let other = try (1...30).map { try schedule("bench.job-\($0)", "@hourly") }
            try await withThrowingTaskGroup { group in
                for number in 1...8 {
                    group.addTask { try await store.syncSchedules(number.isMultiple(of: 2) ? one : Array(other.reversed()), zone: .utc) }
                }
                group.addTask {
                    for number in 1...30 {
                        try await environment.database.execute(
                            "select operations.change_schedule('ada', job, '{\"misfire\": \"all\"}') from operations.schedules where job = $1",
                            "bench.job-\(number)")
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await environment.value("select count(*) from operations.schedules where in_document", as: Int.self) == 30)
        }
    }

    @Test("What people changed outlives a new document, with who changed what from what to what")
    func people() async throws {
        try await open { environment, store in
            try await store.syncSchedules([try schedule("bench.job", "@daily")], zone: .utc)
            try await environment.database.execute(
                "select operations.change_schedule('ada', 'bench.job', '{\"cron\": \"*/5 * * * *\", \"enabled\": false, \"misfire\": \"all\"}')")
            try await store.syncSchedules([try schedule("bench.job", "@weekly")], zone: .utc)
            let row = try #require(try await store.changes(after: 0).first)
            #expect(row.cron == "*/5 * * * *" && !row.enabled && row.misfire == .all)
            try await environment.database.execute("select operations.change_schedule('grace', 'bench.job', '{\"cron\": null, \"enabled\": true}')")
            #expect(try await store.changes(after: 0).map(\.cron) == ["@weekly"])
            #expect(
                try await audit(environment) == [
                    "ada bench.job cron_override - */5 * * * *", "ada bench.job enabled true false", "ada bench.job misfire_override - all",
                    "schedules.yaml bench.job cron @daily @weekly",
                    "grace bench.job cron_override */5 * * * * -", "grace bench.job enabled false true",
                ])
        }
    }

    @Test("A schedule that is resumed or gets other times starts anew; another policy leaves it where it was")
    func startsAnew() async throws {
        try await open { environment, store in
            try await store.syncSchedules([try schedule("bench.job", "@daily")], zone: .utc)
            func afterChange(_ change: String) async throws -> Bool {
                try await environment.database.execute("update operations.schedules set decided_through = '2026-01-01Z'")
                try await environment.database.execute("select operations.change_schedule('ada', 'bench.job', $1::jsonb)", change)
                return try await environment.value("select decided_through > now() - interval '1 min' from operations.schedules", as: Bool.self)
                    == true
            }
            #expect(try await !afterChange(#"{"misfire": "all"}"#))
            #expect(try await !afterChange(#"{"enabled": false}"#))
            #expect(try await afterChange(#"{"enabled": true}"#))
            #expect(try await afterChange(#"{"cron": "@hourly"}"#))
            #expect(try await afterChange(#"{"zone": "Europe/Berlin"}"#))
        }
    }

    @Test(
        "A change that cannot be made says why",
        arguments: [
            ("", "bench.job", "{}", "a change needs the name"), ("ada", "bench.no", "{}", "no schedule of the job bench.no"),
            ("ada", "bench.job", #"{"crom": "x"}"#, "unknown key crom"), ("ada", "bench.job", #"{"misfire": "some"}"#, "misfire"),
        ])
    func refused(actor: String, job: String, change: String, reason: String) async throws {
        try await open { environment, store in
            try await store.syncSchedules([try schedule("bench.job", "@daily")], zone: .utc)
            let error = await #expect(throws: PostgresError.self) {
                try await environment.database.execute("select operations.change_schedule($1, $2, $3::jsonb)", actor, job, change)
            }
            #expect(error?.description.contains(reason) == true)
        }
    }

    @Test("The clock's role may write its tables, but not rewrite the audit, nor change schedules in somebody's name")
    func rights() async throws {
        try await open { _, store in
            try await store.syncSchedules([try schedule("bench.job", "@daily")], zone: .utc)
            for statement: SQL in [
                "update operations.schedule_changes set changed_by = 'ada'", "delete from operations.schedule_changes",
                "delete from operations.schedules", "select operations.change_schedule('ada', 'bench.job', '{\"enabled\": false}')",
            ] {
                let error = await #expect(throws: PostgresError.self) { try await store.database.execute(statement) }
                #expect(error?.sqlState == .insufficientPrivilege, "\(statement.text)")
            }
        }
    }
}
