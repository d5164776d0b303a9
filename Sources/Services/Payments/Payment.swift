import FoundationEssentials
import Platform
import Postgres

/// A payment as decisions about it need it.
struct Payment: Decodable, Sendable, Equatable {
    let id: Int
    let bookingId: Int
    let userId: Int
    /// Minor units of the currency.
    let amount: Int
    let currency: String
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
    let flaw: String?

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
        select id, booking_id, user_id, amount, currency, reference, status, coalesce(submitted_at, created_at) as submitted_at, paid_at, failed_at,
               failure_reason, refunded_amount, flaw
        from payments where booking_id = any (array(select booking_id from payments where reference = any ($1::text[]))) order by id
        """

    private static let lockByBooking: SQL = "select from payments where booking_id = any ($1::bigint[]) order by id for no key update"

    private static let selectByBooking: SQL = """
        select id, booking_id, user_id, amount, currency, reference, status, coalesce(submitted_at, created_at) as submitted_at, paid_at, failed_at,
               failure_reason, refunded_amount, flaw
        from payments where booking_id = any ($1::bigint[]) order by id
        """
}
