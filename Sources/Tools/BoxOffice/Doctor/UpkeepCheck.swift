import FoundationEssentials
import Platform
import Postgres

/// Checks the database itself: dead rows, long transactions, indexes, sequences, the age of its transaction ids
/// (docs/upkeep.md). Changed collations are a line of ``DatabaseCheck``.
struct UpkeepCheck: StateCheck {
    let subject = "upkeep"

    func results(_ database: PostgresClient) async throws -> [CheckResult] {
        guard let health = try await DatabaseHealth.read(database) else { return [.skip(subject, "the database says nothing")] }
        let findings = health.findings.filter { $0.kind != "collation" }
        guard !findings.isEmpty else { return [.ok(subject, "the database has \(health.bytes.asBytes), and nothing of it needs anybody")] }
        return CheckResult.failing(subject, findings) { "\($0.text): \($0.advice)" }
    }
}
