import FoundationEssentials
import Migrations
import Postgres

/// Checks that the services can use the database.
struct DatabaseCheck: Sendable {
    let database: PostgresClient

    /// The oldest PostgreSQL that the services are tested with.
    private static let oldest = 15

    func results() async -> [CheckResult] {
        do {
            let server = try await database.query(Self.server, as: Server.self).first ?? Server(version: "0", number: 0, user: "")
            guard server.number >= Self.oldest * 10_000 else {
                return [.fail("database", "PostgreSQL \(server.version) is too old: \(Self.oldest) or later is needed")]
            }
            return [.ok("database", "PostgreSQL \(server.version), logged in as \(server.user)")] + (await state()) + (await collations())
                + (await migrations())
                + (await roles())
        } catch {
            return [.fail("database", error)]
        }
    }

    /// Checks that the database accepts writes, and reports sessions of services that do not progress.
    private func state() async -> [CheckResult] {
        do {
            let isReadOnly = try await database.query("select current_setting('transaction_read_only')::boolean", as: Bool.self).first ?? false
            let hanging = try await database.query(Self.hanging, as: Hanging.self, Domain.all.map(\.service))
            return (isReadOnly ? [.fail("database", "it is read-only: a standby, or default_transaction_read_only is on")] : [])
                + hanging.map { .fail("database", "\($0.instance) waits since \($0.seconds) s for \($0.event): \($0.statement)") }
        } catch {
            return [.fail("database", error)]
        }
    }

    /// Checks that text is compared as it was when the indexes were created. A server on another system (another
    /// Debian, say) may sort it differently: an index then misses rows that exist.
    private func collations() async -> [CheckResult] {
        do {
            let changed = try await database.query(Self.changedCollations, as: Collation.self)
            return changed.map { collation in
                let refresh = collation.isDatabase ? "database \(collation.name)" : "collation \(collation.name)"
                return .fail(
                    "collation \(collation.name)",
                    "its indexes were made with version \(collation.recorded), and the server has \(collation.actual): text may be sorted otherwise. "
                        + "In a quiet hour: reindex database; then alter \(refresh) refresh \(collation.isDatabase ? "collation version" : "version")"
                )
            }
        } catch {
            return [.fail("collation", error)]
        }
    }

    private func migrations() async -> [CheckResult] {
        do {
            let state = try await Migrator(database).state()
            if let file = state.changed.first { return [.fail("migrations", "\(MigrationFailure.changed(file: file))")] }
            if !state.missing.isEmpty {
                return [.fail("migrations", "\(state.missing.count) are missing, the first is \(state.missing[0]); boxoffice migrate applies them")]
            }
            if let file = state.unknown.first { return [.fail("migrations", "the database is ahead of this build: it has \(file)")] }
            return [.ok("migrations", "all \(Migration.all.count) are applied")]
        } catch {
            return [.fail("migrations", error)]
        }
    }

    private func roles() async -> [CheckResult] {
        do {
            let roles = try await database.query(
                Self.rights, as: Role.self, Domain.all.map(\.service), Domain.all.map(\.schema), Migration.schemas)
            return roles.map { role in
                guard role.exists else { return .fail("role \(role.name)", "is not there; boxoffice migrate makes it") }
                guard role.canLogIn else { return .fail("role \(role.name)", "may not log in") }
                guard !role.isPrivileged else { return .fail("role \(role.name)", "is above the rules: superuser or bypassrls") }
                guard role.writes.isEmpty else {
                    return .fail("role \(role.name)", "may write what is not its own: \(role.writes.prefix(3).joined(separator: ", "))")
                }
                return .ok("role \(role.name)", "writes \(role.schema), and elsewhere only rows that their owner lets it")
            }
        } catch {
            return [.fail("roles", error)]
        }
    }

    private struct Server: Decodable, Sendable {
        let version: String
        let number: Int
        let user: String
    }

    private struct Hanging: Decodable, Sendable {
        let instance: String
        let seconds: Int
        let event: String
        let statement: String
    }

    /// Only a superuser or a member of pg_read_all_stats sees the state of other sessions.
    private static let hanging: SQL = """
        select application_name as instance, extract(epoch from clock_timestamp() - query_start)::int as seconds,
               coalesce(wait_event, 'the processor') as event, left(regexp_replace(query, '\\s+', ' ', 'g'), 100) as statement
        from pg_catalog.pg_stat_activity
        where usename = any($1::text[]) and state = 'active' and clock_timestamp() - query_start > interval '10 seconds'
        order by query_start limit 10
        """

    private struct Collation: Decodable, Sendable {
        let name: String
        let isDatabase: Bool
        let recorded: String
        let actual: String
    }

    /// The changed collations of the database, and of the columns and indexes that use one by name.
    private static let changedCollations: SQL = """
        select quote_ident(datname) as name, true as is_database, datcollversion as recorded, actual
        from pg_catalog.pg_database, pg_catalog.pg_database_collation_actual_version(oid) as actual
        where datname = current_database() and datcollversion <> actual
        union all
        select format('%I.%I', n.nspname, c.collname), false, c.collversion, actual
        from pg_catalog.pg_collation c join pg_catalog.pg_namespace n on n.oid = c.collnamespace,
             pg_catalog.pg_collation_actual_version(c.oid) as actual
        where c.collversion <> actual
          and (exists (select from pg_catalog.pg_attribute a where a.attcollation = c.oid and not a.attisdropped and a.attrelid >= 16384)
               or exists (select from pg_catalog.pg_index i where c.oid = any (i.indcollation::oid[])))
        order by 2 desc, 1
        """

    private struct Role: Decodable, Sendable {
        let name: String
        let schema: String
        let exists: Bool
        let canLogIn: Bool
        let isPrivileged: Bool
        let writes: [String]
    }

    private static let server: SQL = """
        select current_setting('server_version') as version, current_setting('server_version_num')::int as number, current_user::text as user
        """

    /// A role may write a table of another domain only if its owner allows it row by row: the table has row level
    /// security.
    private static let rights: SQL = """
        select role.name, role.schema, r.oid is not null as exists, coalesce(r.rolcanlogin, false) as can_log_in,
               coalesce(r.rolsuper or r.rolbypassrls, false) as is_privileged,
               array(select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
                     where n.nspname = any($3::text[]) and n.nspname <> role.schema and c.relkind in ('r', 'p', 'v') and not c.relrowsecurity
                       and (has_table_privilege(r.oid, c.oid, 'insert, update, delete, truncate')
                            or has_any_column_privilege(r.oid, c.oid, 'insert, update'))
                     order by 1)
               || array(select 'new tables in ' || n.nspname from pg_namespace n
                        where n.nspname = any($3::text[]) and n.nspname <> role.schema and has_schema_privilege(r.oid, n.oid, 'create')
                        order by 1) as writes
        from unnest($1::text[], $2::text[]) with ordinality as role(name, schema, place)
        left join pg_roles r on r.rolname = role.name
        order by role.place
        """
}
