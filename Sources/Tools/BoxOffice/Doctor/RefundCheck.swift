import FoundationEssentials
import Postgres

/// Reports failed refunds: those that the gateway refused, and bookings that are owed money without a refund.
struct RefundCheck: StateCheck {
    let subject = "refunds"

    func results(_ database: PostgresClient) async throws -> [CheckResult] {
        let refused = try await database.query(RefusedRefund.all, as: RefusedRefund.self, Self.mostRows)
        let owed = try await database.query(Self.owed, as: Booking.self, Self.mostRows)
        guard !refused.isEmpty || !owed.isEmpty else { return [.ok(subject, "the gateway refused none")] }
        return CheckResult.failing(subject, refused) {
            "\($0.amount) of payment \($0.reference) could not go back: \($0.reason). Look at the gateway, then boxoffice payment give-back "
                + $0.reference
        }
            + CheckResult.failing(subject, owed) {
                "money of booking \($0.reference) could not go back: \($0.reason). Pay it by hand at the gateway, then set refund_failure to null"
            }
    }

    private struct Booking: Decodable, Sendable {
        let reference: String
        let reason: String
    }

    // Bookings with a failed refund are reported by the other query.
    private static let owed: SQL = """
        select b.reference, b.refund_failure as reason from bookings.bookings b
        where b.refund_failure is not null
          and not exists (select from payments.refunds r where r.booking_id = b.id and r.status = 'failed' offset 0)
        limit $1
        """
}
