/// Trouble that would hit any statement, whatever it says: the work is not to blame and can only wait until it is over.
public enum PostgresOutage: Sendable, Hashable, CaseIterable {
    /// No connection: nobody answers, the server or its pooler turns everybody away, or it ended the connection.
    case unreachable
    /// The server does not let this user into this database: a rotated password, a role or a database that is locked.
    case loginRefused
    /// TLS could not be agreed on, or the server's certificate is not trusted.
    case insecure
    /// The server answers, but nothing can be written: a standby, or a primary that was demoted.
    case readOnly
    /// The server has run out of disk, memory or connections, or cannot use its disk.
    case exhausted
}

extension SQLState {
    /// The outage that a server reports by this state, for a statement or at the login; nil if it concerns the statement.
    public var outage: PostgresOutage? {
        switch self {
        case .readOnlySQLTransaction: .readOnly
        case .adminShutdown, .crashShutdown, .cannotConnectNow, .databaseDropped, .idleSessionTimeout,
            .idleInTransactionSessionTimeout, .transactionTimeout:
            .unreachable
        case .systemError, .ioError: .exhausted
        default:
            switch errorClass {
            case "08": .unreachable
            case "28": .loginRefused
            case "53": .exhausted
            default: nil
            }
        }
    }

    /// Whether a time limit of the server ended the statement: it waited for a lock or ran too long.
    ///
    /// A statement that this client cancelled itself is a `CancellationError`, and no `PostgresError`.
    public var isTimeLimit: Bool { self == .queryCanceled || self == .lockNotAvailable }
}

extension PostgresServerError {
    /// The outage behind this error. At the login there is no statement to blame, so every refusal is one.
    public var outage: PostgresOutage? { sqlState.outage ?? (isAtLogin ? .loginRefused : nil) }
}

extension PostgresError {
    /// The outage behind this error; nil if it is about the statement or the client.
    public var outage: PostgresOutage? {
        switch self {
        case .server(let error): error.outage
        case .connectionLost, .connectionRefused, .timedOut: .unreachable
        case .authenticationFailed: .loginRefused
        case .secureConnectionFailed: .insecure
        case .closed, .unsendable: nil
        }
    }

    /// Whether any other statement would have failed as well: wait until it is over, then do the work again.
    public var isOutage: Bool { outage != nil }

    /// Whether a time limit of the server (`statement_timeout`, `lock_timeout`) ended the statement, or somebody cancelled it on the server.
    public var isTimeLimit: Bool { sqlState?.isTimeLimit ?? false }
}
