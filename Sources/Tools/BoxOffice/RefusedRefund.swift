import Postgres

/// A refund that the gateway refused.
struct RefusedRefund: Decodable, Sendable {
    /// The payment's reference at the gateway.
    let reference: String
    /// Amount and currency.
    let amount: String
    /// The gateway's reason.
    let reason: String

    /// Selects at most $1 of them.
    static let all: SQL = """
        select p.reference, r.amount || ' ' || r.currency as amount, coalesce(r.failure, 'no reason') as reason
        from payments.refunds r cross join lateral (select reference from payments.payments where id = r.payment_id offset 0) p
        where r.status = 'failed' limit $1
        """
}
