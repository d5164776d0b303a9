import Glibc
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("boxoffice migrate and the database")
    struct MigrateFaults {
        @Test("It waits for a database that is away, says so once, and does its work when it is there")
        func away() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                try await fixture.servers.kill(.database)
                let migrate = try fixture.run("boxoffice", ["migrate"], ["DATABASE_URL": environment.databaseURL])
                try await environment.eventually("it says that it waits") { migrate.output.contains("Waiting for the database") }
                #expect(migrate.hasEnded == nil)
                try await fixture.servers.start(.database)
                #expect(try await migrate.ended() == .exited(0), "\(migrate.output)")
                let lines = migrate.output.split(separator: "\n")
                #expect(lines.count == 2 && lines.last?.hasPrefix("Nothing to do") == true, "\(migrate.output)")
            }
        }

        @Test("One that is killed in the middle leaves nothing that keeps the next one from its work")
        func killed() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                try await environment.database.execute("delete from operations.migrations where file like '%0001-loyalty.sql'")
                try await environment.database.script("drop table loyalty.rides, loyalty.members, loyalty.milestones, loyalty.notifications")
                // Its first step reads the ledger.
                try await environment.database.withConnection { session in
                    try await session.script("begin; lock table operations.migrations in access exclusive mode")
                    let migrate = try fixture.run("boxoffice", ["migrate"], ["DATABASE_URL": environment.databaseURL])
                    try await environment.eventually("it waits for the lock") {
                        try await environment.value("select exists (select from pg_locks where not granted)", as: Bool.self) == true
                    }
                    try await migrate.kill()
                    try await session.script("commit")
                }
                let next = try fixture.run("boxoffice", ["migrate"], ["DATABASE_URL": environment.databaseURL])
                #expect(try await next.ended() == .exited(0), "\(next.output)")
                #expect(next.output.contains("applied Services/LoyaltyNotifier/Schema/0001-loyalty.sql"))
            }
        }
    }
}
