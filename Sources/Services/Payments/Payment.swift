import Contracts
import FoundationEssentials
import Platform
import Postgres

/// The columns of a payment that decisions about it need.
struct Payment: Decodable, Sendable, Equatable {
    let id: Int
    let bookingId: Int
    let userId: Int
    /// Minor units of the currency. The amount that the gateway took, once a person has decided about a payment of
    /// another amount.
    var amount: Int
    var currency: String
    /// The transaction's reference at the gateway.
    let reference: String
    var status: PaymentStatus
    /// When the payment was submitted to the gateway; when it was created, if the shop inserted it as submitted.
    var submittedAt: Date
    var paidAt: Date?
    var failedAt: Date?
    var failureReason: String?
    var refundedAmount: Int
    /// Why no message can describe the payment; nil for a valid one.
    let invalidReason: String?
    /// The price of the booking; nil when the booking does not exist any more.
    var bookingAmount: Int?
    var bookingCurrency: String?
    /// Since when a person has to decide about it, and why.
    var reviewSince: Date?
    var reviewReason: String?
    /// The amount that the gateway reports as taken, while a person has to decide.
    var takenAmount: Int?
    var takenCurrency: String?
    var takenAt: Date?
    /// Since when the gateway does not answer for it.
    var silentSince: Date?
    /// The decision that a person made about the payment.
    var decision: PaymentDecided.Decision?

    /// The amount and currency.
    var money: Money { Money(amount, currency) }

    /// The price of its booking; nil when the booking does not exist any more.
    private var price: Money? { bookingAmount.flatMap { amount in bookingCurrency.map { Money(amount, $0) } } }

    /// Whether the payment has the amount and currency of its booking, or a person accepted it as it is.
    var fitsBooking: Bool { decision == .accept || price.map { $0 == money } ?? true }

    /// Describes the difference between a payment and its booking.
    var misfit: String { "it is \(money), but its booking costs \(price?.description ?? "nothing")" }

    /// What messages say about the payment, or about other money of it.
    func details(of money: Money? = nil) -> PaymentDetails {
        PaymentDetails(paymentId: id, bookingId: bookingId, userId: userId, money: money ?? self.money)
    }

    /// The payments with these references and all others of their bookings, locked until the transaction ends.
    static func lock(references: [String], _ tx: Transaction) async throws -> [Payment] {
        let bookings = try await tx.query(lockByReference, as: Int.self, references)
        return try await tx.query(select, as: Payment.self, Array(Set(bookings)))
    }

    /// All payments of these bookings, locked until the transaction ends.
    static func lock(bookings: [Int], _ tx: Transaction) async throws -> [Payment] {
        try tx.enqueue(lockByBooking, bookings)
        return try await tx.query(select, as: Payment.self, bookings)
    }

    // Rows are locked in the order of their ids and read in a separate statement, which sees what other transactions
    // committed while this one waited for the locks.

    private static let lockByReference: SQL = """
        select booking_id from payments where booking_id = any (array(select booking_id from payments where reference = any ($1::text[])))
        order by id for no key update
        """

    private static let lockByBooking: SQL = "select from payments where booking_id = any ($1::bigint[]) order by id for no key update"

    private static let select: SQL = """
        select p.id, p.booking_id, p.user_id, p.amount, p.currency, p.reference, p.status, coalesce(p.submitted_at, p.created_at) as submitted_at,
               p.paid_at, p.failed_at, p.failure_reason, p.refunded_amount, p.invalid_reason, b.total_amount as booking_amount,
               b.currency as booking_currency, p.review_since, p.review_reason, p.taken_amount, p.taken_currency, p.taken_at, p.silent_since,
               p.decision
        from payments p left join lateral (
                 select total_amount, currency from bookings.booking_facts where booking_id = p.booking_id offset 0) b on true
        where p.booking_id = any ($1::bigint[]) order by p.id
        """
}
