import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Money on its way back to a customer, or back. At most one for a payment and cause.
struct Refund: Decodable, Sendable, Equatable {
    typealias Cause = PaymentRefunded.Cause

    /// How far it has come.
    enum Status: String, Codable, Sendable, CaseIterable {
        /// The gateway is asked until it answers.
        case pending
        /// The gateway accepted it.
        case paid
        /// The gateway refused it.
        case failed
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
    /// What is neither back nor on its way, in minor units. Wider than an amount: rows may hold any, and their sum must not trap.
    /// - Parameter refunds: At least all of this payment.
    func amountLeft(_ refunds: [Refund]) -> Int128 {
        refunds.filter { $0.paymentId == id && $0.status == .pending }.reduce(Int128(amount) - Int128(refundedAmount)) { $0 - Int128($1.amount) }
    }
}
