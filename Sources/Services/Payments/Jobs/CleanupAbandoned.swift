import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Abandons payments that were begun but never submitted to the gateway. Payments of zero, for bookings that cost
/// nothing, succeed here without the gateway.
struct CleanupAbandoned: Job {
    static let name = JobName.paymentsCleanupAbandoned
    static let sliceLimit = 5000
    /// How long the shop has to submit a payment to the gateway.
    static let grace: TimeInterval = 15 * 60

    func run(_ slice: Slice, _ tx: Transaction) async throws -> Progress {
        if slice.number == 1 { try await reportFlawed(slice, tx) }
        let free = try await tx.query(Self.settleFree, as: PaymentDetails.self, slice.limit, slice.now)
        try tx.publish(free.map { PaymentSucceeded($0, paidAt: slice.now) })
        let abandoned = try await tx.query(
            Self.abandon, as: PaymentDetails.self, slice.now - Self.grace, slice.limit, slice.now, slice.after.instant, slice.after.id)
        try tx.publish(abandoned.map { PaymentAbandoned($0, abandonedAt: slice.now) })
        return Progress(free.count + abandoned.count, more: free.count == slice.limit || abandoned.count == slice.limit, after: slice.after)
    }

    func firstRow(of slice: Slice, _ tx: Transaction) async throws -> JobRow? {
        try await tx.firstRow(Self.first, called: "payment", slice.now - Self.grace, slice.after.instant, slice.after.id)
    }

    /// Reports payments that no message can describe; they stay unchanged, for a person to look at.
    private func reportFlawed(_ slice: Slice, _ tx: Transaction) async throws {
        for payment in try await tx.query(Self.flawed, as: Flawed.self, slice.now - Self.grace, Self.sliceLimit) {
            tx.recordFailure(of: "payment \(payment.id)", reason: payment.invalidReason)
        }
    }

    private struct Flawed: Decodable, Sendable {
        let id: Int
        let invalidReason: String
    }

    private static let first: SQL = """
        select created_at as instant, id from payments
        where status = 'pending' and invalid_reason is null and created_at < $1 and (created_at, id) > ($2, $3)
        order by created_at, id limit 1 for no key update skip locked
        """

    private static let abandon: SQL = """
        with due as materialized (
            select id from payments where status = 'pending' and invalid_reason is null and created_at < $1 and (created_at, id) > ($4, $5)
            order by created_at, id limit $2 for no key update skip locked)
        update payments p set status = 'abandoned', abandoned_at = $3
        where p.id = any (array(select id from due)) and p.status = 'pending'
        returning p.id as payment_id, p.booking_id, p.user_id, p.amount, p.currency
        """

    // The gateway is not involved in a payment of zero, and the shop need not submit it.
    private static let settleFree: SQL = """
        with free as materialized (
            select p.id from payments p
            where p.amount = 0 and p.status in ('pending', 'processing') and p.invalid_reason is null
              and exists (select from bookings.booking_facts b where b.booking_id = p.booking_id and b.total_amount = 0 offset 0)
            order by p.id limit $1 for no key update of p skip locked)
        update payments p set status = 'succeeded', paid_at = $2, ask_at = null
        where p.id = any (array(select id from free)) and p.status in ('pending', 'processing')
        returning p.id as payment_id, p.booking_id, p.user_id, p.amount, p.currency
        """

    private static let flawed: SQL = """
        select id, invalid_reason from payments where invalid_reason is not null and status = 'pending' and created_at < $1 order by id limit $2
        """
}
