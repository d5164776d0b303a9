import Glibc
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("boxoffice migrate and the database")
    struct MigrateFaults {
        @Test("It waits for a database that is away, says so once, and does its work when it is there")
        func away() async throws {
            try await Scene.open { scene in
                let house = scene.house
                try await scene.servers.kill(.database)
                let migrate = try scene.run("boxoffice", ["migrate"], ["DATABASE_URL": house.databaseURL])
                try await house.eventually("it says that it waits") { migrate.output.contains("Waiting for the database") }
                #expect(migrate.hasEnded == nil)
                try await scene.servers.start(.database)
                #expect(try await migrate.ended() == .exited(0), "\(migrate.output)")
                let lines = migrate.output.split(separator: "\n")
                #expect(lines.count == 2 && lines.last?.hasPrefix("Nothing to do") == true, "\(migrate.output)")
            }
        }

        @Test("One that is killed in the middle leaves nothing that keeps the next one from its work")
        func killed() async throws {
            try await Scene.open { scene in
                let house = scene.house
                try await house.database.execute("delete from operations.migrations where file like '%0001-loyalty.sql'")
                try await house.database.script("drop table loyalty.rides, loyalty.members, loyalty.milestones, loyalty.notifications")
                // Its first step reads the ledger.
                try await house.database.withConnection { session in
                    try await session.script("begin; lock table operations.migrations in access exclusive mode")
                    let migrate = try scene.run("boxoffice", ["migrate"], ["DATABASE_URL": house.databaseURL])
                    try await house.eventually("it waits for the lock") {
                        try await house.value("select exists (select from pg_locks where not granted)", as: Bool.self) == true
                    }
                    try await migrate.kill()
                    try await session.script("commit")
                }
                let next = try scene.run("boxoffice", ["migrate"], ["DATABASE_URL": house.databaseURL])
                #expect(try await next.ended() == .exited(0), "\(next.output)")
                #expect(next.output.contains("applied Services/LoyaltyNotifier/Schema/0001-loyalty.sql"))
            }
        }
    }
}
