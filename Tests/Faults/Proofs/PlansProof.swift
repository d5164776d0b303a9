import FoundationEssentials
import Postgres
import Support
import Testing

extension FaultTests {
    /// How PostgreSQL runs every statement of Sources when tables are empty, and when they are old.
    ///
    /// A statement is planned generically, as one is that a service has used some times: the planner knows no parameter. Refused are sequential
    /// scans of tables that grow with time, limits that can be passed, and whatever reads more the more rows there are.
    @Suite("Plans")
    struct PlansProof {
        /// So much of a table may be read without a limit.
        private static let share = 0.02

        @Test("No statement of Sources has a limit that a plan can pass")
        func limits() throws {
            let statements = try SourceStatement.all()
            #expect(statements.count > 150)
            for statement in statements {
                if let subquery = statement.passableLimit {
                    Issue.record("\(statement): PostgreSQL may run this subquery for each row; say `= any (array(…))`:\n\(subquery)")
                }
            }
        }

        @Test("Every statement is planned well: on empty tables, on tables analyzed while they were empty, on a million rows")
        func plans() async throws {
            let servers = try #require(PrivateServers.current)
            let rows = 10_000
            try await TestEnvironment.open(on: servers.servers) { environment in
                let database = PlanDatabase(environment: environment)
                try await database.analyzeWhileEmpty()
                // Tables without a page cost nothing to read: only what a limit allows is asked here.
                try await check(database, "empty", growing: [:])
                try await database.fill(rows: rows, scale: 1, log: "\(servers.folder)/demo-data.log")
                for table in try await database.emptyTables(below: rows) { Issue.record("\(table) needs rows: see PlanDatabase.history") }
                try await database.analyze(times: 100)
                try await check(database, "a million rows by its statistics", growing: try await database.growing())
                let growing = try await database.growing().mapValues { _ in Double(rows) }
                try await database.forgetStatistics()
                try await check(database, "analyzed while empty, then given \(rows) rows", growing: growing)
            }
        }

        @Test("Every statement is planned well on a million rows a table", .enabled(if: Proof.isWhole))
        func million() async throws {
            let servers = try #require(PrivateServers.current)
            try await TestEnvironment.open(on: servers.servers) { environment in
                let database = PlanDatabase(environment: environment)
                try await database.fill(rows: 1_000_000, scale: 100, log: "\(servers.folder)/demo-data.log")
                try await database.analyze(times: 1)
                try await check(database, "a million rows", growing: try await database.growing())
            }
        }

        private func check(_ database: PlanDatabase, _ state: String, growing: [String: Double]) async throws {
            let statements = try SourceStatement.all().filter { !$0.file.hasPrefix("Tools/BoxOffice/Demo/") }
            var refused = 0
            try await database.environment.database.withConnection { session in
                for statement in statements {
                    do {
                        let plan = try await StatementPlanner.plan(statement, session)
                        let faults = plan.faults(growing: growing, share: Self.share).filter { !AcceptedPlan.covers($0, of: statement) }
                        guard !faults.isEmpty else { continue }
                        refused += 1
                        let text = try await StatementPlanner.text(statement, session)
                        Issue.record(
                            "\(statement), \(state): \(faults.map(\.description).joined(separator: "; "))\n\(statement.text)\n\n\(text)")
                    } catch let error as PostgresError
                        where error.sqlState == .insufficientPrivilege && statement.file.hasPrefix("Platform/")
                    {
                        // Not every service does everything that the platform can do.
                        continue
                    } catch let error as PostgresError where error.sqlState != nil {
                        Issue.record("\(statement) cannot be planned: \(error)\n\(statement.text)")
                    }
                }
            }
            Proof.report("plans", "\(state): \(statements.count) statements planned, \(refused) refused")
        }
    }
}
