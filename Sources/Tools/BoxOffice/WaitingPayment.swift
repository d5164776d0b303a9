import Postgres

/// A payment that waits for a person's decision, or whose refund the gateway refused, as the command line lists it.
struct WaitingPayment: Codable, Sendable {
    let reference: String
    /// The booking's reference; nil when the booking does not exist any more.
    let booking: String?
    let status: String
    /// The amount and currency of the payment.
    let asked: String
    /// The amount that the gateway reports as taken; nil when it is unknown.
    let taken: String?
    let since: String?
    let reason: String
    /// Whether the gateway refused a refund of it: the only decision is to request the refund again.
    let isRefund: Bool

    static let all: SQL = """
        select p.reference, b.reference as booking, p.status, p.amount || ' ' || p.currency as asked,
               p.taken_amount || ' ' || p.taken_currency as taken, p.review_since::text as since,
               coalesce(p.review_reason, 'its booking costs ' || b.total_amount || ' ' || b.currency) as reason, false as is_refund
        from payments.payments p left join bookings.bookings b on b.id = p.booking_id
        where p.review_since is not null
           or p.status = 'succeeded' and p.refunded_amount < p.amount and (p.amount <> b.total_amount or p.currency <> b.currency)
              and p.decision is distinct from 'accept' and b.status in ('pending', 'confirmed')
        union all
        select p.reference, b.reference, p.status, p.amount || ' ' || p.currency, p.amount || ' ' || p.currency, r.settled_at::text,
               r.amount || ' ' || r.currency || ' could not go back: ' || coalesce(r.failure, 'no reason'), true
        from payments.refunds r join payments.payments p on p.id = r.payment_id left join bookings.bookings b on b.id = r.booking_id
        where r.status = 'failed'
        order by since, reference
        """
}
