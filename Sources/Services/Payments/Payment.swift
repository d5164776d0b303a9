import Contracts
import FoundationEssentials
import Platform
import Postgres

/// A payment as decisions about it need it.
struct Payment: Decodable, Sendable, Equatable {
    let id: Int
    let bookingId: Int
    let userId: Int
    /// Minor units of the currency. What the gateway took, once a person has decided about another amount.
    var amount: Int
    var currency: String
    /// The transaction, as the gateway knows it.
    let reference: String
    var status: PaymentStatus
    /// When the gateway got it; of one that the shop inserted as such, when it was made.
    var submittedAt: Date
    var paidAt: Date?
    var failedAt: Date?
    var failureReason: String?
    var refundedAmount: Int
    /// Why no message can speak of it.
    let invalidReason: String?
    /// What the booking costs; nil when there is no such booking any more.
    var bookingAmount: Int?
    var bookingCurrency: String?
    /// Since when a person has to decide about it, and why.
    var reviewSince: Date?
    var reviewReason: String?
    /// What the gateway says that it took, while a person has to decide.
    var takenAmount: Int?
    var takenCurrency: String?
    var takenAt: Date?
    /// Since when the gateway does not answer for it.
    var silentSince: Date?
    /// What a person decided about it.
    var decision: PaymentDecided.Decision?

    /// Whether it is of the amount and currency of its booking, or a person accepted it as it is.
    var fitsBooking: Bool {
        guard decision != .accept, let bookingAmount, let bookingCurrency else { return true }
        return amount == bookingAmount && currency == bookingCurrency
    }

    /// What is wrong with one that does not fit.
    var misfit: String { "it is \(amount) \(currency), but its booking costs \(bookingAmount ?? 0) \(bookingCurrency ?? "nothing")" }

    /// The payments with these references and all others of their bookings, locked until the transaction ends.
    static func lock(references: [String], _ tx: Transaction) async throws -> [Payment] {
        try tx.enqueue(lockByReference, references)
        return try await tx.query(selectByReference, as: Payment.self, references)
    }

    /// All payments of these bookings, locked until the transaction ends.
    static func lock(bookings: [Int], _ tx: Transaction) async throws -> [Payment] {
        try tx.enqueue(lockByBooking, bookings)
        return try await tx.query(selectByBooking, as: Payment.self, bookings)
    }

    // Whoever decides locks in the order of the ids, and reads in a statement of its own: what others decided while it waited is seen then.

    private static let lockByReference: SQL = """
        select from payments where booking_id = any (array(select booking_id from payments where reference = any ($1::text[]))) order by id for no key update
        """

    private static let selectByReference: SQL = """
        select p.id, p.booking_id, p.user_id, p.amount, p.currency, p.reference, p.status, coalesce(p.submitted_at, p.created_at) as submitted_at,
               p.paid_at, p.failed_at, p.failure_reason, p.refunded_amount, p.flaw, b.total_amount as booking_amount,
               b.currency as booking_currency, p.review_since, p.review_reason, p.taken_amount, p.taken_currency, p.taken_at, p.silent_since,
               p.decision
        from payments p left join lateral (
                 select total_amount, currency from bookings.booking_facts where booking_id = p.booking_id offset 0) b on true
        where p.booking_id = any (array(select booking_id from payments where reference = any ($1::text[]))) order by p.id
        """

    private static let lockByBooking: SQL = "select from payments where booking_id = any ($1::bigint[]) order by id for no key update"

    private static let selectByBooking: SQL = """
        select id, booking_id, user_id, amount, currency, reference, status, coalesce(submitted_at, created_at) as submitted_at, paid_at, failed_at,
               failure_reason, refunded_amount, flaw
        from payments where booking_id = any ($1::bigint[]) order by id
        """
}
