import FoundationEssentials
import Postgres

/// Reports payments that need a person's decision.
struct PaymentCheck: StateCheck {
    let subject = "payments"

    func results(_ database: PostgresClient) async throws -> [CheckResult] {
        let waiting = try await database.query(Self.waiting, as: Payment.self, Self.mostRows)
        guard !waiting.isEmpty else { return [.ok(subject, "none waits for a person")] }
        return CheckResult.failing(subject, waiting) {
            let advice = $0.isFlawed ? "mend the row" : "boxoffice payment accept or give-back \($0.reference)"
            return "\($0.reference) waits for a person since \($0.since): \($0.reason). Look at the gateway, then \(advice)"
        }
    }

    private struct Payment: Decodable, Sendable {
        let reference: String
        let since: String
        let reason: String
        let isFlawed: Bool
    }

    private static let waiting: SQL = """
        select reference, date_trunc('second', review_since)::text as since, review_reason as reason, invalid_reason is not null as is_flawed
        from payments.payments where review_since is not null limit $1
        """
}
