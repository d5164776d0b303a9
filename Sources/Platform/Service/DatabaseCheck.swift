import FoundationEssentials
import Logging
import Postgres
import ServiceLifecycle

/// Waits until the database answers and is migrated, then lets the consumers begin.
struct DatabaseCheck: Service {
    let runtime: ServiceRuntime
    let schema: String

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            var backoff = Backoff.connection
            var told: String?
            while !Task.isCancelled {
                let answer: Result<String?, any Error>
                do { answer = .success(try await problem()) } catch { answer = .failure(error) }
                // A service that is asked to stop while it asks gets no answer, and that is nobody's fault.
                if Task.isCancelled { return }
                guard let problem = try answer.get() else {
                    runtime.databaseReady.open()
                    runtime.logger.info("Ready to work", metadata: ["instance": "\(runtime.instance)"])
                    // A part that ends by itself while the others are being stopped counts as a failure of the whole.
                    try? await gracefulShutdown()
                    return
                }
                if problem != told { runtime.logger.warning("Waiting for the database: \(problem)") }
                told = problem
                try? await Task.sleep(for: backoff.next())
            }
        }
    }

    /// What is missing, or nil.
    /// - Throws: ``ConfigurationError`` when waiting cannot help.
    private func problem() async throws -> String? {
        do {
            let tables = try await runtime.database.query(Self.tables, as: Int.self, schema).first ?? 0
            return tables == 3 ? nil : "schema \(schema) is not there (boxoffice migrate makes it)"
        } catch let error as PostgresError where !error.isTransient {
            throw ConfigurationError("DATABASE_URL", "does not work: \(error)")
        } catch {
            return "\(error)"
        }
    }

    private static let tables: SQL = """
        select count(*) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relname in ('inbox', 'outbox', 'deliveries')
        """
}
