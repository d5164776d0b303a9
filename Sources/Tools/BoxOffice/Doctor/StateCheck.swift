import Postgres

/// A question of the doctor about the state of the work: one SQL statement that an index answers.
protocol StateCheck: Sendable {
    /// What is looked at: the findings when it cannot be.
    var subject: String { get }

    /// What was seen. An error becomes a finding of its own, so that the other checks are still made.
    func results(_ database: PostgresClient) async throws -> [CheckResult]
}

extension StateCheck {
    /// The most rows that a check reads.
    static var mostRows: Int { CheckResult.mostRows }
}
