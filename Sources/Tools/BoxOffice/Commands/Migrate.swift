import ArgumentParser
import FoundationEssentials
import Glibc
import Migrations
import Platform
import Postgres

/// Creates or updates roles, schemas and tables.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make or update the roles, schemas and tables of all services.",
        discussion: """
            DATABASE_URL must belong to a role that may create roles and schemas. The password of a service's role is taken from \
            <SERVICE>_DB_PASSWORD (TICKETS_CACHE_DB_PASSWORD) or the file named by <SERVICE>_DB_PASSWORD_FILE; without one it stays as it is.

            Waits two minutes for a database that does not answer yet, for another migration as long as that one lives, and a quarter of an \
            hour for each lock that somebody else holds. Ends with 75 when that was too short; running it again is safe.
            """)

    /// The database or a lock was not available (`EX_TEMPFAIL` of sysexits.h).
    private static let temporaryFailure: Int32 = 75

    func run() async throws {
        let settings = Settings.environment()
        var passwords: [String: String] = [:]
        for role in Domain.all.map(\.service) + [Domain.webShop] {
            passwords[role] = try settings.secret(Domain.passwordVariable(of: role))
        }
        let given = passwords
        let pooler = try settings.database().pooler
        do {
            let applied = try await Connections.withDatabase { database in
                try await Migrator(database, pooler: pooler, name: Self.name, report: { Terminal.say($0) }).migrate(passwords: given)
            }
            let total = Migration.all.count
            Terminal.say(applied.isEmpty ? "Nothing to do: all \(total) migrations are applied." : "\(applied.count) migrations applied.")
        } catch let error as ConfigurationError {
            guard error.problem.contains("refused the login") else { throw error }
            throw ConfigurationError(error.variable, "\(error.problem); \(Self.advice)")
        } catch let failure as MigrationFailure where failure.isTemporary {
            Terminal.complain("boxoffice: \(failure)")
            throw ExitCode(Self.temporaryFailure)
        }
    }

    private static let advice = "its data (a volume, say) may have been made with another password: put that one back, or delete the data"

    /// `boxoffice migrate@host/4711`: the name of this migration in other migrations' messages and in
    /// `pg_stat_activity`.
    private static var name: String {
        "boxoffice migrate@\(ProcessInfo.processInfo.hostName)/\(getpid())"
    }
}
