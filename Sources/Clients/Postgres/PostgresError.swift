/// What can go wrong between a caller and its database.
///
/// No description holds a password or the value of a parameter: constraint details of the server, which quote values, are in `detail` only.
public enum PostgresError: Error, Sendable {
    /// The server refused a statement.
    case server(PostgresServerError)
    /// The connection broke while it was in use. Whether a COMMIT that was on its way took place is unknown.
    case connectionLost(String)
    /// No connection came about: nobody listens, the name is unknown, the server turns everybody away.
    case connectionRefused(String)
    /// TLS could not be agreed on, or the server's certificate is not trusted.
    case secureConnectionFailed(String)
    /// The server does not let this user in: a wrong password, a role that may not log in. The reason is the server's.
    case authenticationFailed(user: String, reason: String)
    /// No connection within the configured time.
    case timedOut(String)
    /// The client, transaction or session has ended.
    case closed
    /// The call cannot be sent as it is: say a text with a zero byte, or more than 65,535 parameters.
    case unsendable(String)
}

extension PostgresError {
    /// What the server said, if it was the server.
    public var server: PostgresServerError? {
        if case .server(let error) = self { error } else { nil }
    }

    /// The server's classification, if it was the server.
    public var sqlState: SQLState? { server?.sqlState }
    /// The constraint that was violated.
    public var constraint: String? { server?.constraint }
    /// The table the error is about.
    public var table: String? { server?.table }
    /// The column the error is about.
    public var column: String? { server?.column }
    /// The statement that failed.
    public var sql: String? { server?.sql }

    /// What went wrong, in a sentence.
    public var message: String {
        switch self {
        case .server(let error): error.message
        case .connectionLost(let why): "the connection to PostgreSQL was lost: \(why)"
        case .connectionRefused(let why): "no connection to PostgreSQL: \(why)"
        case .secureConnectionFailed(let why): "no secure connection to PostgreSQL: \(why)"
        case .authenticationFailed(let user, let why): "PostgreSQL refused the login of user \"\(user)\": \(why)"
        case .timedOut(let why): "PostgreSQL did not answer in time: \(why)"
        case .closed: "the PostgreSQL client, transaction or session is closed"
        case .unsendable(let why): "the statement cannot be sent: \(why)"
        }
    }

    /// Why there is no connection, for one line about several addresses.
    var reason: String {
        switch self {
        case .connectionRefused(let why), .timedOut(let why): why
        default: message
        }
    }

    /// Whether a prepared statement had become unusable by a change of a table: the same work done again prepares it anew.
    public var isStalePlan: Bool { server?.isStalePlan ?? false }

    /// Whether the same work may well succeed when it is done again a little later.
    public var isTransient: Bool {
        switch self {
        case .server(let error): error.isTransient
        default: isOutage
        }
    }
}

extension PostgresError: CustomStringConvertible {
    /// What went wrong, with SQLSTATE and statement; without values.
    public var description: String {
        if case .server(let error) = self { error.description } else { message }
    }
}
