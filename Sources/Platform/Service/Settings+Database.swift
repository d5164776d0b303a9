import Postgres

extension Settings {
    /// Where the database is: `DATABASE_URL`, and `DATABASE_POOLER` when a connection pooler stands in front of it.
    public func database() throws(ConfigurationError) -> PostgresConfiguration {
        let url = try requiredSecret("DATABASE_URL")
        var configuration: PostgresConfiguration
        do {
            configuration = try PostgresConfiguration(url: url)
        } catch {
            throw ConfigurationError("DATABASE_URL", "is wrong: \(error)")
        }
        configuration.pooler = try choice("DATABASE_POOLER", default: .none)
        // Statements of services are bounded, and one that a limit ends would only be sent again. What the URL says is meant for them.
        if !url.contains("statement_timeout") { configuration.statementTimeout = .zero }
        return configuration
    }
}
