import ArgumentParser
import Migrations
import Platform

/// Makes or updates roles, schemas and tables.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make or update the roles, schemas and tables of all services.",
        discussion: """
            DATABASE_URL must belong to a role that may create roles and schemas. The password of a service's role is taken from \
            <SERVICE>_DB_PASSWORD (TICKETS_CACHE_DB_PASSWORD) or the file named by <SERVICE>_DB_PASSWORD_FILE; without one it stays as it is.
            """)

    func run() async throws {
        let settings = Settings.environment()
        var passwords: [String: String] = [:]
        for role in Domain.all.map(\.service) + [Domain.webShop] {
            passwords[role] = try settings.secret(Domain.passwordVariable(of: role))
        }
        let given = passwords
        let applied = try await Wires.withDatabase { try await Migrator($0).migrate(passwords: given) }
        for file in applied { Terminal.say("applied \(file)") }
        Terminal.say(applied.isEmpty ? "The database is up to date." : "\(applied.count) migrations applied.")
    }
}
