import Postgres
import Support
import Synchronization
import Testing

@testable import Migrations

@Suite("A migration waits for locks without stopping the business", .timeLimit(.minutes(30)))
struct MigrationLockTests {
    /// What a migrator reported.
    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        func add(_ line: String) { lines.withLock { $0.append(line) } }

        func contains(_ texts: String...) -> Bool { lines.withLock { $0.contains { line in texts.allSatisfy(line.contains) } } }
    }

    private static let column = Migration(
        schema: "bookings", file: "Services/Bookings/Schema/0999-column.sql", sql: "alter table bookings add column later text;")
    private static let index = Migration(
        schema: "bookings", file: "Services/Bookings/Schema/0998-index.sql",
        sql: """
            \(Migration.outsideTransaction)
            create index concurrently if not exists bookings_later on bookings (reference, id);
            """)

    private static var limits: MigrationLimits {
        var limits = MigrationLimits()
        limits.lock = .seconds(1)
        limits.pause = .milliseconds(300)
        return limits
    }

    /// Reads a table in a transaction that stays open while the body runs; the body is given its process.
    private static func whileRead(_ environment: TestEnvironment, _ body: (Int) async throws -> Void) async throws {
        try await environment.database.withConnection { session in
            try await session.script("begin; select count(*) from bookings.bookings")
            let process = try await session.query("select pg_backend_pid()", as: Int.self).first
            try await body(try #require(process))
            try await session.script("commit")
        }
    }

    @Test("While a transaction holds the table the migration names it, and others read the table between its attempts")
    func blocked() async throws {
        try await TestEnvironment.open { environment in
            let lines = Lines()
            let migrator = Migrator(environment.database, migrations: Migration.all + [Self.column], limits: Self.limits, report: lines.add)
            try await withThrowingTaskGroup(of: [String].self) { group in
                try await Self.whileRead(environment) { process in
                    group.addTask { try await migrator.migrate() }
                    try await environment.eventually("the holder is named") {
                        lines.contains("waits for a lock of process \(process)", "0999-column")
                    }
                    for _ in 0..<20 { _ = try await environment.value("select count(*) from bookings.bookings", as: Int.self) }
                    #expect(try await Migrator(environment.database, migrations: [Self.column]).state().missing == [Self.column.file])
                }
                let applied = try await group.next()
                #expect(applied == [Self.column.file])
            }
            #expect(lines.contains("applied \(Self.column.file)"))
        }
    }

    @Test("A lock that is not to be had ends it with who holds it; what came before stays applied")
    func givesUp() async throws {
        try await TestEnvironment.open { environment in
            var limits = Self.limits
            limits.file = .seconds(3)
            let before = Migration(schema: "bookings", file: "Services/Bookings/Schema/0997-before.sql", sql: "create table before_it (id int)")
            let migrator = Migrator(environment.database, migrations: Migration.all + [before, Self.column], limits: limits)
            try await Self.whileRead(environment) { process in
                let failure = await #expect(throws: MigrationFailure.self) { try await migrator.migrate() }
                #expect(failure?.isTemporary == true)
                let text = failure.map { "\($0)" } ?? ""
                #expect(text.contains("process \(process) "))
            }
            #expect(try await migrator.state().missing == [Self.column.file])
            #expect(try await migrator.migrate() == [Self.column.file])
        }
    }

    @Test("An index is built concurrently, and what a killed build left behind is dropped first")
    func concurrently() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.script("create index bookings_later on bookings.bookings (reference)")
            try await environment.database.script("update pg_index set indisvalid = false where indexrelid = 'bookings.bookings_later'::regclass")
            let migrator = Migrator(environment.database, migrations: Migration.all + [Self.index], limits: Self.limits)
            #expect(try await migrator.migrate() == [Self.index.file])
            let definition = try await environment.value(
                "select pg_get_indexdef(indexrelid) from pg_index where indexrelid = 'bookings.bookings_later'::regclass and indisvalid",
                as: String.self)
            #expect(definition?.hasSuffix("(reference, id)") == true)
            #expect(try await migrator.migrate() == [])
        }
    }

    @Test("A second migration names the first one, and goes on as soon as that one's session has ended")
    func advisoryLock() async throws {
        try await TestEnvironment.open { environment in
            let lines = Lines()
            let first = PostgresClient(try PostgresConfiguration(url: environment.databaseURL), logger: TestServers.logger)
            let process = try await first.query("select pg_backend_pid()", as: Int.self).first ?? 0
            _ = try await first.query("select set_config('application_name', 'boxoffice migrate@elsewhere/1', false)")
            _ = try await first.query("select pg_advisory_lock(1112496207, 1296648018)")
            try await withThrowingTaskGroup(of: [String].self) { group in
                group.addTask {
                    try await Migrator(environment.database, migrations: Migration.all + [Self.column], report: lines.add).migrate()
                }
                try await environment.eventually("the holder is named") {
                    lines.contains("Another migration is under way since 2", "process \(process), boxoffice migrate@elsewhere/1")
                }
                try await environment.database.execute("select pg_terminate_backend($1::int)", process)
                let applied = try await group.next()
                #expect(applied == [Self.column.file])
            }
            await first.close()
        }
    }

    @Test("A migration whose connection is lost begins again and loses nothing")
    func connectionLost() async throws {
        try await TestEnvironment.open { environment in
            let lines = Lines()
            let migrator = Migrator(
                environment.database, name: "migrate-to-be-lost", migrations: Migration.all + [Self.index, Self.column], limits: Self.limits,
                report: lines.add)
            try await withThrowingTaskGroup(of: [String].self) { group in
                try await Self.whileRead(environment) { process in
                    group.addTask { try await migrator.migrate() }
                    try await environment.eventually("it waits") { lines.contains("waits for a lock of process \(process)") }
                    try await environment.database.execute(
                        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'migrate-to-be-lost'")
                    try await environment.eventually("it says so") { lines.contains("Waiting for the database") }
                }
                let applied = try await group.next()
                #expect(applied == [Self.index.file, Self.column.file])
            }
            #expect(try await migrator.state() == Migrator.State(missing: [], changed: [], unknown: []))
        }
    }
}
