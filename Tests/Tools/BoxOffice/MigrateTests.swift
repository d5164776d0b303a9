import Migrations
import Postgres
import Support
import Testing

@Suite("boxoffice migrate brings a database up to date")
struct MigrateTests {
    @Test("An empty database takes every file, and the second time there is nothing to do")
    func twice() async throws {
        try await TestEnvironment.open { environment in
            let name = try #require(environment.databaseURL.split(separator: "/").last.map { $0.prefix { $0 != "?" } }) + "_fresh"
            try await environment.database.execute(SQL(file: "create database \(name)"))
            var boxoffice = CommandLineTool(environment)
            boxoffice.variables["DATABASE_URL"] = environment.databaseURL.replacing(/\/[a-z0-9_]+($|\?)/) { "/\(name)\($0.output.1)" }
            let first = try await boxoffice("migrate")
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.output.contains("applied Services/LoyaltyNotifier/Schema/0001-loyalty.sql"))
            let second = try await boxoffice("migrate")
            #expect(second.status == 0)
            #expect(second.output == "Nothing to do: all \(Migration.all.count) migrations are applied.\n")
            try await environment.database.execute(SQL(file: "drop database \(name) with (force)"))
        }
    }

    @Test("A file that reads differently than when it was applied ends with 1 and its name")
    func changed() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute("update operations.migrations set checksum = 'other' where file like '%0001-loyalty.sql'")
            let call = try await CommandLineTool(environment)("migrate")
            #expect(call.status == 1)
            #expect(call.errors.contains("0001-loyalty.sql has changed"))
            #expect(call.lines.count == 1)
        }
    }

    @Test("A password that the database refuses ends with 78 and one line that says what it may be")
    func wrongPassword() async throws {
        try await TestEnvironment.open { environment in
            var boxoffice = CommandLineTool(environment)
            boxoffice.variables["DATABASE_URL"] = environment.databaseURL.replacing(/\/\/[^@]*@/, with: "//bookings:hunter2@")
            let call = try await boxoffice("migrate")
            #expect(call.status == 78)
            #expect(call.lines.count == 1)
            #expect(call.errors.contains("DATABASE_URL") && call.errors.contains("made with another password"))
            #expect(!call.errors.contains("hunter2"))
        }
    }
}
