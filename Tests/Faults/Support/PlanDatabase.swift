import FoundationEssentials
import Migrations
import Postgres
import Support

/// A database in which statements are planned, and what is done to its rows and statistics.
struct PlanDatabase: Sendable {
    let environment: TestEnvironment

    struct NoDemoData: Error { let output: String }

    /// Tables that do not grow with time, with the reason.
    static let bounded = [
        "migrations": "a row a file", "schedules": "a row a job", "schedule_changes": "a row for each time a person changes one",
        "organizers": "few of them", "reports": "a row a day", "event_cancellations": "a row for each event that was cancelled",
        "status_history_shape": "a pattern for tables, without rows",
    ]

    // MARK: - Rows

    /// Statistics of tables in which nothing has ever been, and nobody to correct them.
    func analyzeWhileEmpty() async throws {
        for table in try await tables() { try await environment.database.script("alter table \(table) set (autovacuum_enabled = false)") }
        try await environment.database.script("vacuum analyze")
    }

    /// A company as `boxoffice demo-data` makes it, and so many rows of history in each table that it leaves empty.
    func fill(rows: Int, scale: Int, log: String) async throws {
        var variables = environment.variables()
        // Without a broker it ends when its rows are written, and publishes no rides.
        variables["AMQP_URL"] = nil
        let demo = try ServiceProcess(
            Executables.path("boxoffice"), ["demo-data", "--scale", "\(scale)"], environment: variables, log: log)
        try await demo.ended(within: .seconds(900))
        guard try await environment.value("select count(*) >= 10000 from payments.payments", as: Bool.self) == true else {
            throw NoDemoData(output: demo.output)
        }
        // Neither triggers nor rights nor foreign keys: these are rows as months leave them.
        try await environment.database.script("set session_replication_role = replica; \(Self.history.replacing("{n}", with: "\(rows)"))")
        for domain in Domain.all {
            try await environment.database.script(
                Self.messaging.replacing("{n}", with: "\(rows)").replacing("{schema}", with: domain.schema))
        }
    }

    /// Tables that grow with time and have fewer rows than that.
    func emptyTables(below rows: Int) async throws -> [String] {
        var found: [String] = []
        for table in try await tables() where !Self.bounded.keys.contains(table.split(separator: ".").last.map(String.init) ?? "") {
            let isFull = try await environment.database.query(
                SQL(file: "select count(*) >= \(rows) from (select from \(table) limit \(rows)) t"), as: Bool.self)
            if isFull != [true] { found.append(table) }
        }
        return found
    }

    private func tables() async throws -> [String] {
        try await environment.database.query(
            """
            select quote_ident(n.nspname) || '.' || quote_ident(c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind = 'r' and n.nspname = any ($1) order by 1
            """, as: String.self, Migration.schemas)
    }

    // MARK: - Statistics

    /// What the planner believes of tables that were analyzed while they were empty: nothing.
    func forgetStatistics() async throws {
        try await environment.database.script(
            """
            delete from pg_statistic where starelid in (select oid from pg_class where relnamespace in (\(Self.ours)));
            update pg_class set reltuples = 0, relpages = 0, relallvisible = 0 where relkind in ('r', 'i') and relnamespace in (\(Self.ours));
            """)
    }

    /// Lets the planner believe that there are so many times as many rows as there are.
    func analyze(times factor: Int) async throws {
        try await environment.database.script("vacuum analyze")
        try await environment.database.script(
            """
            update pg_class set reltuples = reltuples * \(factor) where relkind in ('r', 'i') and reltuples > 0
                and relnamespace in (\(Self.ours))
            """)
    }

    /// How many rows the planner expects in each table that grows with time; of tables of one name, in the largest.
    func growing() async throws -> [String: Double] {
        struct Table: Decodable {
            let name: String
            let rows: Double
        }
        var rows: [String: Double] = [:]
        for table in try await environment.database.query(
            """
            select c.relname as name, max(c.reltuples)::float8 as rows from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind = 'r' and n.nspname = any ($1) group by 1
            """, as: Table.self, Migration.schemas)
        where !Self.bounded.keys.contains(table.name) { rows[table.name] = table.rows }
        return rows
    }

    private static let ours = "select oid from pg_namespace where nspname in (\(Migration.schemas.map { "'\($0)'" }.joined(separator: ", ")))"
}
