import Contracts
import FoundationEssentials
import Platform
import Postgres

/// One thing that happened to a payment or a booking, at its own time and with its own money.
struct Fact: Sendable {
    /// What can happen.
    enum What: String, Sendable, CaseIterable {
        case paymentSucceeded = "payment-succeeded"
        case paymentFailed = "payment-failed"
        case paymentAbandoned = "payment-abandoned"
        case paymentRefunded = "payment-refunded"
        case bookingCancelled = "booking-cancelled"
        case bookingRefunded = "booking-refunded"
    }

    /// The payment or the booking.
    let subject: Int
    /// Of a refund; empty otherwise.
    var cause = ""
    let happenedAt: Date
    /// Nil for a cancellation.
    let money: Money?
}

extension Transaction {
    /// Keeps facts that are not known yet.
    ///
    /// The first report of a fact counts: payments and bookings do not change what has happened to them.
    func keep(_ what: Fact.What, _ facts: [Fact]) async throws {
        _ = try await query(
            ifNew: Self.insertFacts, else: Self.insertUnknownFacts, as: Int.self, what.rawValue, facts.map(\.subject), facts.map(\.cause),
            facts.map(\.happenedAt), facts.map(\.money?.amount), facts.map(\.money?.currency))
    }

    // In the order of the key, so that two replicas with the same facts do not deadlock.

    /// For facts that are all new: without the check for duplicates.
    private static let insertFacts: SQL = """
        insert into facts (subject_id, what, cause, happened_at, amount, currency)
        select subject_id, $1, cause, happened_at, amount, currency
        from unnest($2::bigint[], $3::text[], $4::timestamptz[], $5::bigint[], $6::text[])
             as told (subject_id, cause, happened_at, amount, currency)
        order by subject_id, cause collate "C"
        """

    private static let insertUnknownFacts: SQL = """
        insert into facts (subject_id, what, cause, happened_at, amount, currency)
        select subject_id, $1, cause, happened_at, amount, currency
        from unnest($2::bigint[], $3::text[], $4::timestamptz[], $5::bigint[], $6::text[])
             as told (subject_id, cause, happened_at, amount, currency)
        order by subject_id, cause collate "C"
        on conflict do nothing
        """
}
