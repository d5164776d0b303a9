import FoundationEssentials
import Postgres

/// Brings a database to the state that this build needs: roles, schemas, tables, rights. Doing it again changes nothing.
public struct Migrator: Sendable {
    private let database: PostgresClient

    /// A migrator for a database, as a role that may create roles and schemas.
    public init(_ database: PostgresClient) { self.database = database }

    /// Why a database cannot be migrated.
    public enum Failure: Error, Sendable, CustomStringConvertible {
        /// A file that has been applied reads differently now.
        case changed(file: String)

        /// What to do about it.
        public var description: String {
            switch self {
            case .changed(let file): "\(file) has changed since it was applied to this database; put it back and add a new file for the change"
            }
        }
    }

    /// Applies what is missing. Several may try at once: an advisory lock lets one through, the others find nothing to do.
    /// - Parameter passwords: Passwords by role; a role without one keeps what it has.
    /// - Returns: the files that were applied.
    /// - Throws: ``Failure`` or a `PostgresError`.
    public func migrate(passwords: [String: String] = [:]) async throws -> [String] {
        try await database.transaction { tx in
            _ = try await tx.query("select pg_advisory_xact_lock(hashtext('boxoffice migrate'))")
            try await roles(passwords, tx)
            for schema in Migration.schemas { try await tx.script(SQL(file: "create schema if not exists \(schema)").text) }
            try await tx.script(Self.ledger)
            let known = try await tx.query("select file, schema, checksum from operations.migrations", as: Applied.self)
            var applied: [String] = []
            for migration in Migration.all {
                let checksum = try await tx.query("select md5($1)", as: String.self, migration.sql).first ?? ""
                if let before = known.first(where: { $0.file == migration.file && $0.schema == migration.schema }) {
                    guard before.checksum == checksum else { throw Failure.changed(file: migration.file) }
                    continue
                }
                try await tx.script("set local search_path = \(migration.schema), public")
                try await tx.script(migration.sql)
                try await tx.execute(
                    "insert into operations.migrations (file, schema, checksum) values ($1, $2, $3)", migration.file, migration.schema, checksum)
                applied.append(migration.file)
            }
            try await rights(tx)
            try await searchPaths(tx)
            return applied
        }
    }

    /// How a database stands to the files of this build.
    public struct State: Sendable, Equatable {
        /// Files that are still to be applied, in their order.
        public let missing: [String]
        /// Files that read differently than when they were applied.
        public let changed: [String]
        /// Applied files that this build does not have.
        public let unknown: [String]
    }

    /// Compares without changing anything.
    /// - Throws: a `PostgresError`.
    public func state() async throws -> State {
        let hasLedger = try await database.query("select to_regclass('operations.migrations') is not null", as: Bool.self).first == true
        let applied = hasLedger ? try await database.query("select file, schema, checksum from operations.migrations", as: Applied.self) : []
        let checksums = try await database.query(
            "select md5(sql) from unnest($1::text[]) with ordinality as files(sql, place) order by place", as: String.self, Migration.all.map(\.sql))
        var missing: [String] = []
        var changed: [String] = []
        for (migration, checksum) in zip(Migration.all, checksums) {
            switch applied.first(where: { $0.file == migration.file && $0.schema == migration.schema })?.checksum {
            case nil: missing.append(migration.file)
            case checksum: continue
            default: changed.append(migration.file)
            }
        }
        let unknown = applied.filter { one in !Migration.all.contains { $0.file == one.file && $0.schema == one.schema } }
        return State(missing: missing, changed: changed, unknown: unknown.map(\.file))
    }

    private struct Applied: Decodable, Sendable {
        let file: String
        let schema: String
        let checksum: String
    }

    private func roles(_ passwords: [String: String], _ tx: PostgresTransaction) async throws {
        try await tx.script(Self.groupRole)
        for role in Domain.all.map(\.service) + [Domain.webShop] {
            let missing = try await tx.query("select not exists (select from pg_roles where rolname = $1)", as: Bool.self, role).first == true
            if missing { try await tx.script("create role \"\(role)\" login") }
            if role != Domain.webShop { try await tx.script("grant boxoffice_services to \"\(role)\"") }
            guard let password = passwords[role] else { continue }
            // A password cannot be a bound parameter of ALTER ROLE; the server itself quotes it.
            let statement = try await tx.query("select format('alter role %I password %L', $1::text, $2::text)", as: String.self, role, password)
            for text in statement { try await tx.script(text) }
        }
    }

    /// What every service may do in its own schema. What it may do elsewhere is granted by the files of the schema's owner.
    private func rights(_ tx: PostgresTransaction) async throws {
        for domain in Domain.all where domain.schema != "operations" {
            try await tx.script(
                """
                grant usage on schema \(domain.schema) to "\(domain.service)";
                grant select, insert, update, delete on all tables in schema \(domain.schema) to "\(domain.service)";
                grant usage on all sequences in schema \(domain.schema) to "\(domain.service)";
                """)
        }
    }

    /// The schema of each service is looked for first whoever connects as it, through a pooler that takes no settings, too.
    private func searchPaths(_ tx: PostgresTransaction) async throws {
        for domain in Domain.all {
            let statement = try await tx.query(
                "select format('alter role %I in database %I set search_path = %I', $1::text, current_database(), $2::text)",
                as: String.self, domain.service, domain.schema)
            for text in statement { try await tx.script(text) }
        }
    }

    private static let groupRole = """
        do $$ begin
            create role boxoffice_services nologin;
        exception when duplicate_object then null;
        end $$
        """

    private static let ledger = """
        create table if not exists operations.migrations (
            file       text        not null,
            schema     text        not null,
            checksum   text        not null,
            applied_at timestamptz not null default now(),
            primary key (file, schema)
        )
        """
}
