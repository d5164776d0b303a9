import Contracts
import Postgres

/// An error that a retry cannot fix: a message is parked at once, a slice or batch is divided.
public protocol PermanentFailure: Error {}

/// A message or a row that cannot be processed, for a reason in words.
public struct Unprocessable: PermanentFailure, CustomStringConvertible {
    /// The reason.
    public let description: String

    /// An error with this reason.
    public init(_ description: String) { self.description = description }
}

extension Error {
    /// Whether the same work would fail again for the same reason, because of the content of a message or a row.
    ///
    /// These are a ``PermanentFailure``, a broken contract, a row or a message that cannot be decoded or encoded, a
    /// parameter that cannot be sent, and of PostgreSQL's errors
    ///
    /// | SQLSTATE | what |
    /// | --- | --- |
    /// | class 21 | one row was expected, or a row would be changed twice |
    /// | class 22 | data exceptions: a number out of range, a text that is no JSON |
    /// | class 23 | integrity constraints |
    /// | class 54 | limits of the program: a key that is too long for its index |
    /// | P0001 | `raise exception` in a trigger or function |
    var isPermanent: Bool {
        switch self {
        case is any PermanentFailure, is ContractViolation, is Envelope.Unreadable, is PostgresDecodingError, is DecodingError, is EncodingError:
            return true
        case let error as PostgresError:
            if case .unsendable = error { return true }
            guard let state = error.sqlState else { return false }
            return ["21", "22", "23", "54"].contains(state.errorClass) || state == "P0001"
        default: return false
        }
    }

    /// Whether a slice that failed with this error may succeed with fewer rows. A parameter that is wrong for the whole
    /// run is not the fault of a row.
    var mayComeFromARow: Bool { isPermanent && !(self is InvalidParameter) }
}
