import Postgres

/// The roles of the services and what they may do. Each step can be repeated.
///
/// Nothing is taken away here: the version before the one that is rolled out still works with its rights. What is no longer needed is
/// revoked by a migration of its own, a release later.
struct DatabaseRights: Sendable {
    let session: MigrationSession

    /// Makes the roles that are missing and sets the passwords that are given.
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

    /// The schema of each service is looked for first whoever connects as it, through a pooler that takes no settings, too.
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

    /// What the services of a schema may do in it. What they may do elsewhere is granted by the files of the schema's owner.
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
