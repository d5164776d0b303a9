/// A database URL that cannot be used.
public struct PostgresConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong with it. Holds nothing of the password.
    public let reason: String

    /// For a log line or the last words of a process.
    public var description: String { "not a PostgreSQL URL: \(reason)" }
}
