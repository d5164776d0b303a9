import Postgres

/// A payment that waits for a person's decision, as the command line lists it.
struct WaitingPayment: Codable, Sendable {
    let reference: String
    /// The booking's reference; nil when there is none any more.
    let booking: String?
    let status: String
    /// Amount and currency that the customer was to pay.
    let asked: String
    /// What the gateway says that it took; nil when that is not known.
    let taken: String?
    let since: String?
    let reason: String

    static let all: SQL = """
        select p.reference, b.reference as booking, p.status, p.amount || ' ' || p.currency as asked,
               p.taken_amount || ' ' || p.taken_currency as taken, p.review_since::text as since,
               coalesce(p.review_reason, 'its booking costs ' || b.total_amount || ' ' || b.currency) as reason
        from payments.payments p left join bookings.bookings b on b.id = p.booking_id
        where p.review_since is not null
           or p.status = 'succeeded' and p.refunded_amount < p.amount and (p.amount <> b.total_amount or p.currency <> b.currency)
              and p.decision is distinct from 'accept' and b.status in ('pending', 'confirmed')
        order by p.review_since, p.id
        """
}
