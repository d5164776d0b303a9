import Postgres

/// The roles of the services and their grants. Each step can be repeated.
///
/// Nothing is revoked here: the previous version must still work with its grants during a rollout. A migration of a
/// later release revokes what is no longer needed.
struct DatabaseRights: Sendable {
    let session: MigrationSession

    /// Creates missing roles and sets the given passwords.
    func roles(_ passwords: [String: String]) async throws {
        try await session.step("Making the roles") { postgres in
            try await postgres.script(Self.groupRole)
            for role in Domain.all.map(\.service) + [Domain.webShop] {
                let missing = try await postgres.query("select not exists (select from pg_roles where rolname = $1)", as: Bool.self, role)
                if missing.first == true { try await postgres.script("create role \"\(role)\" login") }
                if role != Domain.webShop { try await postgres.script("grant boxoffice_services to \"\(role)\"") }
                guard let password = passwords[role] else { continue }
                // A password cannot be a bound parameter of ALTER ROLE; the server itself quotes it.
                let statement = try await postgres.query(
                    "select format('alter role %I password %L', $1::text, $2::text)", as: String.self, role, password)
                for text in statement { try await postgres.script(text) }
            }
        }
    }

    /// Sets each role's search path to its schema in the database, so that it also applies behind a pooler that accepts
    /// no settings.
    func searchPaths() async throws {
        try await session.step("Setting the search paths") { postgres in
            for domain in Domain.all {
                let statement = try await postgres.query(
                    "select format('alter role %I in database %I set search_path = %I', $1::text, current_database(), $2::text)",
                    as: String.self, domain.service, domain.schema)
                for text in statement { try await postgres.script(text) }
            }
        }
    }

    /// Grants the services of a schema their rights in it. Their rights in other schemas are granted by the files of
    /// the schema's owner.
    func grant(_ schema: String, _ postgres: PostgresSession) async throws {
        for domain in Domain.all where domain.schema == schema && schema != "operations" {
            try await postgres.script(
                """
                grant usage on schema \(domain.schema) to "\(domain.service)";
                grant select, insert, update, delete on all tables in schema \(domain.schema) to "\(domain.service)";
                grant usage on all sequences in schema \(domain.schema) to "\(domain.service)";
                """)
        }
    }

    private static let groupRole = """
        do $$ begin
            create role boxoffice_services nologin;
        exception when duplicate_object then null;
        end $$
        """
}
