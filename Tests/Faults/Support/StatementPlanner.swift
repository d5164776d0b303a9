import FoundationEssentials
import Postgres

/// Has PostgreSQL plan a statement as it would for its service.
enum StatementPlanner {
    struct NoPlan: Error {}

    /// The plan for any parameters; for a tool, which runs a statement once, the one for typical parameters.
    static func plan(_ statement: SourceStatement, _ session: PostgresSession) async throws -> StatementPlan {
        try await prepare(statement, session)
        let call = try await call(statement, session)
        for row in try await session.query(SQL(file: "explain (format json) \(call)")) {
            let json = Data(try row.decode(PostgresJSON.self, at: 0).bytes)
            if let explained = try JSONDecoder().decode([StatementPlan.Explained].self, from: json).first { return explained.plan }
        }
        throw NoPlan()
    }

    /// The same plan, for people.
    static func text(_ statement: SourceStatement, _ session: PostgresSession) async throws -> String {
        try await prepare(statement, session)
        let call = try await call(statement, session)
        return try await session.query(SQL(file: "explain (verbose) \(call)"), as: String.self).joined(separator: "\n")
    }

    private static func prepare(_ statement: SourceStatement, _ session: PostgresSession) async throws {
        let role = statement.role.isEmpty ? "reset role" : "set role \"\(statement.role)\""
        let mode = AcceptedPlan.parameters(of: statement) == nil ? "force_generic_plan" : "force_custom_plan"
        try await session.script(
            """
            reset role; deallocate all; \(role); set search_path = \(statement.schema), public; set plan_cache_mode = \(mode);
            prepare planned as \(statement.text)
            """)
    }

    private static func call(_ statement: SourceStatement, _ session: PostgresSession) async throws -> String {
        if let parameters = AcceptedPlan.parameters(of: statement) { return "execute planned (\(parameters))" }
        let count = try await session.query(
            SQL(file: "select cardinality(parameter_types) from pg_prepared_statements where name = 'planned'"), as: Int.self)
        guard let count = count.first, count > 0 else { return "execute planned" }
        return "execute planned (\(Array(repeating: "null", count: count).joined(separator: ", ")))"
    }
}
