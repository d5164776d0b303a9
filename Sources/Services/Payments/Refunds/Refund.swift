import Contracts
import FoundationEssentials
import Platform
import Postgres

/// A refund, pending or paid. At most one per payment and cause.
struct Refund: Decodable, Sendable, Equatable {
    typealias Cause = PaymentRefunded.Cause

    /// The status of a refund: `payments.refunds.status`.
    enum Status: String, LifecycleStatus {
        /// The request is sent until the gateway answers.
        case pending
        /// The gateway paid the refund.
        case paid
        /// The gateway refused the refund.
        case failed

        /// The statuses that may follow: a refused refund is begun again, or the gateway paid it after all.
        var successors: [Status] {
            switch self {
            case .pending: [.paid, .failed]
            case .failed: [.pending, .paid]
            case .paid: []
            }
        }
    }

    let paymentId: Int
    let amount: Int
    let cause: Cause
    var status: Status

    /// All refunds of these bookings.
    static func of(bookings: [Int], _ tx: Transaction) async throws -> [Refund] { try await tx.query(select, as: Refund.self, bookings) }

    private static let select: SQL = """
        select payment_id, amount, cause, status from refunds where booking_id = any ($1::bigint[]) order by id
        """
}

extension Payment {
    /// The amount that is neither refunded nor in a pending refund, in minor units. Wider than an amount: rows may hold
    /// any number, and the sum must not trap.
    /// - Parameter refunds: All refunds of this payment; refunds of others are ignored.
    func amountLeft(_ refunds: [Refund]) -> Int128 {
        refunds.filter { $0.paymentId == id && $0.status == .pending }.reduce(Int128(amount) - Int128(refundedAmount)) { $0 - Int128($1.amount) }
    }
}
