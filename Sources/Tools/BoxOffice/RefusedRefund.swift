import Postgres

/// A refund that the gateway refused: money that could not go back.
struct RefusedRefund: Decodable, Sendable {
    /// The payment, as the gateway knows it.
    let reference: String
    /// Amount and currency.
    let amount: String
    /// What the gateway said.
    let reason: String

    /// At most so many of them.
    static let all: SQL = """
        select p.reference, r.amount || ' ' || r.currency as amount, coalesce(r.failure, 'no reason') as reason
        from payments.refunds r cross join lateral (select reference from payments.payments where id = r.payment_id offset 0) p
        where r.status = 'failed' limit $1
        """
}
