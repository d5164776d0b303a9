import Postgres

/// The result of one check of the doctor.
struct CheckResult: Encodable, Sendable {
    /// Whether the check passed.
    enum Status: String, Encodable, Sendable {
        case ok
        /// It does not work, and `detail` says what to do.
        case fail = "FAIL"
        /// Not checked: it is not configured, or something that it needs does not work.
        case skip
    }

    let status: Status
    /// The subject of the check.
    let what: String
    /// The observation.
    let detail: String

    static func ok(_ what: String, _ detail: String) -> CheckResult { CheckResult(.ok, what, detail) }
    static func fail(_ what: String, _ detail: String) -> CheckResult { CheckResult(.fail, what, detail) }
    static func skip(_ what: String, _ detail: String) -> CheckResult { CheckResult(.skip, what, detail) }

    /// The text of an error; a PostgreSQL error without its statement, which is the doctor's own.
    static func fail(_ what: String, _ error: any Error) -> CheckResult { fail(what, (error as? PostgresError)?.message ?? "\(error)") }

    /// The maximum number of rows that a check reads; there may be more.
    static let mostRows = 1000

    /// A line for each of the first few, and one for the rest.
    static func failing<T>(_ what: String, _ all: [T], _ detail: (T) -> String) -> [CheckResult] {
        let named = 5
        let rest = "\(all.count - named) \(all.count < mostRows ? "more" : "or more") of these"
        return all.prefix(named).map { fail(what, detail($0)) } + (all.count > named ? [fail(what, rest)] : [])
    }

    private init(_ status: Status, _ what: String, _ detail: String) {
        self.status = status
        self.what = what
        self.detail = detail.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// `ok    what    detail`, on one line.
    var line: String {
        func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
        return "\(padded(status.rawValue, 4))  \(padded(what, 26))  \(detail)"
    }
}
