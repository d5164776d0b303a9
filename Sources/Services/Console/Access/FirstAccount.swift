import Digests
import Logging
import Platform
import Postgres
import ServiceLifecycle

/// Makes the account that the settings name when there is none, and ends the process when nobody could sign in.
struct FirstAccount: Service {
    static let user = Setting.text("CONSOLE_USER", "the name of the account that is made when there is none", .standard("admin"))
    static let password = Setting.secret(
        "CONSOLE_PASSWORD", "the password of the account that is made when there is none; it may do everything", .optional)

    /// Nil when no password is set.
    let account: (name: String, password: String)?
    let tokens: AccessTokens
    let passwords: PasswordThread
    let runtime: ServiceRuntime

    /// The account of the settings.
    /// - Throws: ``ConfigurationError`` when its password is too short or too long.
    static func account(_ settings: Settings) throws(ConfigurationError) -> (name: String, password: String)? {
        let name = try settings.value(user)
        guard let password = try settings.optional(password) else { return nil }
        guard (12...PasswordHash.mostBytes).contains(password.utf8.count) else {
            throw ConfigurationError("CONSOLE_PASSWORD", "must have 12 to \(PasswordHash.mostBytes) bytes")
        }
        return (name, password)
    }

    func run() async throws {
        if await runtime.ready(), try await !hasAccounts() {
            if let account {
                let hash = try await passwords.hash(Array(account.password.utf8))
                let made = try await runtime.retryingWhileDatabaseIsDown("the first account") {
                    try await runtime.database.query(Self.insert, as: String.self, account.name, hash)
                }
                if !made.isEmpty { runtime.logger.info("The first account is made", metadata: ["account": "\(account.name)"]) }
            } else if tokens.isEmpty {
                throw ConfigurationError(
                    "CONSOLE_PASSWORD",
                    "is not set, nor are CONSOLE_TOKEN and CONSOLE_TOKENS, and there is no account: nobody could sign in. Make an account with"
                        + " `boxoffice user add NAME --role admin`, or a token with `boxoffice token NAME --role operator`")
            }
        }
        try? await gracefulShutdown()
    }

    private func hasAccounts() async throws -> Bool {
        try await runtime.retryingWhileDatabaseIsDown("the look for accounts") {
            try await runtime.database.query(Self.any, as: Bool.self).first ?? false
        }
    }

    private static let any: SQL = "select exists (select from accounts)"

    private static let insert: SQL = """
        insert into accounts (name, role, password_hash) values ($1::text, 'admin', $2::text) on conflict (name) do nothing returning name
        """
}
