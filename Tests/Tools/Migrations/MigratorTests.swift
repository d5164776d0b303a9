import Postgres
import Support
import Testing

@testable import Migrations

@Suite("A database is migrated once")
struct MigratorTests {
    @Test("Migrating again applies nothing and loses nothing")
    func again() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute("insert into storefront.users (email) values ('kept@example.com')")
            let migrator = Migrator(environment.database)
            #expect(try await migrator.migrate() == [])
            #expect(try await migrator.state() == Migrator.State(missing: [], changed: [], unknown: []))
            #expect(try await environment.value("select count(*) from storefront.users", as: Int.self) == 1)
        }
    }

    @Test("A file that reads differently than when it was applied is refused, and nothing is applied")
    func changed() async throws {
        try await TestEnvironment.open { environment in
            let first = try #require(Migration.all.first)
            let last = try #require(Migration.all.last)
            try await environment.database.execute(
                "update operations.migrations set checksum = 'other' where file = $1 and schema = $2", last.file, last.schema)
            // Missing, and before the changed one: it would be applied first.
            try await environment.database.execute("delete from operations.migrations where file = $1", first.file)
            try await environment.database.script("drop schema storefront cascade")
            let state = try await Migrator(environment.database).state()
            #expect(state == Migrator.State(missing: [first.file], changed: [last.file], unknown: []))
            let refusal = await #expect(throws: MigrationFailure.self) { try await Migrator(environment.database).migrate() }
            #expect("\(try #require(refusal))".contains(last.file))
            #expect(try await environment.value("select to_regnamespace('storefront') is null", as: Bool.self) == true)
        }
    }

    @Test("A database that is ahead of the build says so")
    func ahead() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(
                "insert into operations.migrations (file, schema, checksum) values ('Services/Later/Schema/0001-later.sql', 'later', 'x')")
            #expect(try await Migrator(environment.database).state().unknown == ["Services/Later/Schema/0001-later.sql"])
        }
    }

    @Test("Several that migrate at once take turns")
    func atOnce() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute("delete from operations.migrations where file like '%0001-loyalty.sql'")
            try await environment.database.script(
                "drop table loyalty.rides, loyalty.members, loyalty.milestones, loyalty.notifications")
            let applied = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<3 { group.addTask { try await Migrator(environment.database).migrate() } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied == ["Services/LoyaltyNotifier/Schema/0001-loyalty.sql"])
        }
    }
}
