import CPostgres

/// An error as the server reported it (PostgreSQL manual, "Error and Notice Message Fields").
public struct PostgresServerError: Error, Sendable {
    /// The class of the error: what programs decide by.
    public var sqlState: SQLState
    /// One line, in the server's language.
    public var message: String
    /// More about it. May quote values of the row.
    public var detail: String?
    /// What to do about it.
    public var hint: String?
    /// The schema of `table`.
    public var schema: String?
    /// The table the error is about.
    public var table: String?
    /// The column the error is about.
    public var column: String?
    /// The constraint that was violated.
    public var constraint: String?
    /// Where in `sql`, in characters from 1.
    public var position: Int?
    /// The statement.
    public var sql: String?

    /// Whether this is a plan that a change of a table made unusable: the statement works when it is prepared anew.
    var isStalePlan = false
    /// Whether the server ended the connection with it.
    var isFatal = false
    /// Whether the server said it in answer to the login.
    var isAtLogin = false

    /// Whether the same work may well succeed when it is done again a little later.
    public var isTransient: Bool { sqlState.isTransient || isStalePlan || outage != nil }
}

extension PostgresServerError {
    /// Reads the error of a result; nil if the error is libpq's own, which has no SQLSTATE.
    init?(result: OpaquePointer, sql: String?) {
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
        }
        guard let state = field("C") else { return nil }
        sqlState = SQLState(rawValue: state)
        message = field("M") ?? ""
        detail = field("D")
        hint = field("H")
        schema = field("s")
        table = field("t")
        column = field("c")
        constraint = field("n")
        position = field("P").flatMap { Int($0) }
        self.sql = sql
        // The function names of the server are not translated, unlike its messages.
        isStalePlan = sqlState == .invalidSQLStatementName || (sqlState == .featureNotSupported && field("R") == "RevalidateCachedQuery")
        isFatal = ["FATAL", "PANIC"].contains(field("V") ?? field("S") ?? "")
    }
}

extension PostgresServerError: CustomStringConvertible {
    /// SQLSTATE, message, hint and statement; not the detail, nor what a data exception (class 22) quotes: both may be values.
    public var description: String {
        var text = "PostgreSQL \(sqlState): \(sqlState.errorClass == "22" ? message.withoutQuotations { _ in false } : message)"
        if let hint { text += " (hint: \(hint))" }
        if let sql { text += " in: \(sql.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(400))" }
        return text
    }
}
