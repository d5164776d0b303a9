/// The five characters by which PostgreSQL classifies an error (PostgreSQL manual, appendix A).
public struct SQLState: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The code, such as `23505`.
    public let rawValue: String

    /// A state from its code.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// A state from its code.
    public init(stringLiteral value: String) {
        rawValue = value
    }

    /// The code.
    public var description: String { rawValue }

    /// The first two characters: the class of errors this one belongs to.
    public var errorClass: String { String(rawValue.prefix(2)) }
}

extension SQLState {
    /// 0A000, also "cached plan must not change result type".
    public static let featureNotSupported: SQLState = "0A000"
    /// 22P02: a text that is no value of the type it was sent for.
    public static let invalidTextRepresentation: SQLState = "22P02"
    /// 22012
    public static let divisionByZero: SQLState = "22012"
    /// 23502
    public static let notNullViolation: SQLState = "23502"
    /// 23505
    public static let uniqueViolation: SQLState = "23505"
    /// 23514
    public static let checkViolation: SQLState = "23514"
    /// 25006: a write in a read-only transaction.
    public static let readOnlySQLTransaction: SQLState = "25006"
    /// 25P03: `idle_in_transaction_session_timeout`.
    public static let idleInTransactionSessionTimeout: SQLState = "25P03"
    /// 25P04: `transaction_timeout`.
    public static let transactionTimeout: SQLState = "25P04"
    /// 25P02: an earlier statement of the transaction failed.
    public static let inFailedSQLTransaction: SQLState = "25P02"
    /// 26000: a prepared statement that the server does not know.
    public static let invalidSQLStatementName: SQLState = "26000"
    /// 28000
    public static let invalidAuthorizationSpecification: SQLState = "28000"
    /// 3D000: no such database.
    public static let invalidCatalogName: SQLState = "3D000"
    /// 40001
    public static let serializationFailure: SQLState = "40001"
    /// 40P01
    public static let deadlockDetected: SQLState = "40P01"
    /// 42501
    public static let insufficientPrivilege: SQLState = "42501"
    /// 42601
    public static let syntaxError: SQLState = "42601"
    /// 42703
    public static let undefinedColumn: SQLState = "42703"
    /// 42P01
    public static let undefinedTable: SQLState = "42P01"
    /// 55P03: `NOWAIT` or `lock_timeout`.
    public static let lockNotAvailable: SQLState = "55P03"
    /// 57014: cancelled by the caller or by `statement_timeout`.
    public static let queryCanceled: SQLState = "57014"
    /// 57P01
    public static let adminShutdown: SQLState = "57P01"
    /// 57P02
    public static let crashShutdown: SQLState = "57P02"
    /// 57P03: the server is starting up or shutting down.
    public static let cannotConnectNow: SQLState = "57P03"
    /// 57P04: somebody dropped the database.
    public static let databaseDropped: SQLState = "57P04"
    /// 57P05
    public static let idleSessionTimeout: SQLState = "57P05"
    /// 58000: an error outside of PostgreSQL.
    public static let systemError: SQLState = "58000"
    /// 58030
    public static let ioError: SQLState = "58030"

    /// Whether the same work may well succeed when it is done again a little later.
    public var isTransient: Bool {
        switch self {
        case .serializationFailure, .deadlockDetected, .invalidSQLStatementName: true
        default: outage != nil || isTimeLimit
        }
    }
}
