import FoundationEssentials
import Logging
import Postgres
import ServiceLifecycle

/// Waits until the database answers and is migrated, then lets the consumers begin; it goes on checking, so that a
/// service without work notices an outage, too.
///
/// No response of the database ends the process: a wrong password cannot be told from one that is being rotated.
struct DatabaseReadiness: Service {
    /// How often a ready database is checked.
    private static let pause = Duration.seconds(2)
    /// How often a database is checked that `boxoffice migrate` has yet to prepare.
    private static let unpreparedPause = Duration.seconds(1)
    /// A statement without an answer for this long hangs.
    private static let hanging = Duration.seconds(10)

    let runtime: ServiceRuntime
    let schema: String
    let pooler: PostgresPooler

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await watchStatements() }
                await watch()
            }
        }
        // A part that ends by itself while the others are being stopped counts as a failure of the whole.
        try? await gracefulShutdown()
    }

    private func watch() async {
        var backoff = Backoff.connection
        let ticket = runtime.databaseWaits.newID()
        while !Task.isCancelled {
            let problem = await problem()
            // A service that is stopped during the check gets no answer; that is no failure.
            if Task.isCancelled { return }
            if let problem {
                runtime.databaseWaits.wait(ticket, "the check", problem.trouble, problem.reason, runtime.logger)
                let pause = problem.trouble == .unprepared ? Self.unpreparedPause : backoff.next()
                try? await Task.sleep(for: pause)
            } else {
                runtime.databaseWaits.end(ticket, gotThrough: true, runtime.logger)
                if !runtime.databaseReady.isOpen {
                    runtime.databaseReady.open()
                    runtime.logger.info("Ready to work", metadata: ["instance": "\(runtime.instance)"])
                }
                backoff = Backoff.connection
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    private func problem() async -> (trouble: DatabaseWaits.Trouble, reason: String)? {
        do {
            guard let state = try await runtime.database.query(Self.state, as: DatabaseState.self, schema).first else { return nil }
            if state.isReadOnly {
                // Another host may be the writable one by now.
                runtime.database.reconnect()
                return (.outage(.readOnly), "it is read-only")
            }
            guard state.tables == 3 else { return (.unprepared, "schema \(schema) is not there (boxoffice migrate makes it)") }
            // Once is enough: a pooler does not appear while the service runs, and migrations are only added.
            if runtime.databaseReady.isOpen { return nil }
            if let problem = try await wrongPath(state) { return problem }
            return try await missingMigration()
        } catch let error as PostgresError where error.mayLackMigration {
            return (.unprepared, "boxoffice migrate has yet to be run (\(error.reason))")
        } catch let error as PostgresError {
            let refusesSettings = error.message.contains("startup parameter")
            return (error.trouble ?? .unprepared, error.reason + (refusesSettings ? "; \(Self.advice)" : ""))
        } catch {
            return (.unprepared, "\(error)")
        }
    }

    /// The problem of a schema that is too old. One that is too new works: a migration removes only what no version in
    /// use needs.
    private func missingMigration() async throws -> (trouble: DatabaseWaits.Trouble, reason: String)? {
        let applied = try await RequiredMigrations.applied(in: runtime.database)
        if let file = runtime.migrations.firstMissing(in: applied) { return (.unprepared, MissingMigration.reason(file)) }
        if let file = runtime.migrations.newest(in: applied) {
            runtime.logger.notice("The database is newer than this build and is used as it is", metadata: ["migration": "\(file)"])
        }
        return nil
    }

    /// The problem of a pooler that the settings do not mention, or of a wrong search path.
    private func wrongPath(_ state: DatabaseState) async throws -> (trouble: DatabaseWaits.Trouble, reason: String)? {
        if pooler == .none, try await runtime.database.isPooled() { return (.unprepared, "it is behind a connection pooler: \(Self.advice)") }
        guard state.currentSchema == schema else {
            return (.unprepared, "the search path of this role does not begin with schema \(schema) (boxoffice migrate sets it)")
        }
        return nil
    }

    private static let advice = "set DATABASE_POOLER to transaction, or to session if it lends whole sessions"

    private struct DatabaseState: Decodable, Sendable {
        let tables: Int
        let isReadOnly: Bool
        let currentSchema: String?
    }

    private static let state: SQL = """
        select (select count(*) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where n.nspname = $1 and c.relname in ('inbox', 'outbox', 'deliveries')) as tables,
               current_setting('transaction_read_only')::boolean as is_read_only, current_schema()::text as current_schema
        """
}

// MARK: Statements that hang

extension DatabaseReadiness {
    /// Reports statements that hang: a commit that waits for a standby which is gone, a lock that is not released.
    /// Nothing fails, and nothing makes progress.
    private func watchStatements() async {
        let ticket = runtime.databaseWaits.newID()
        while !Task.isCancelled {
            let oldest = await runtime.database.oldestStatement()
            if let oldest, oldest.age >= Self.hanging {
                let statement = oldest.sql.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(100)
                runtime.databaseWaits.wait(
                    ticket, "a statement", .hanging, "no answer for \(oldest.age.components.seconds) s to: \(statement)", runtime.logger)
            } else {
                runtime.databaseWaits.end(ticket, gotThrough: true, runtime.logger)
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }
}
