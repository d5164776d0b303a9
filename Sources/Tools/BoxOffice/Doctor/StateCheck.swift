import Postgres

/// A check of the state of the work: one SQL statement that uses an index.
protocol StateCheck: Sendable {
    /// The subject of the check, for results without details.
    var subject: String { get }

    /// Makes the check. An error becomes a result of its own, so that the other checks are still made.
    func results(_ database: PostgresClient) async throws -> [CheckResult]
}

extension StateCheck {
    /// The maximum number of rows that a check reads.
    static var mostRows: Int { CheckResult.mostRows }
}
