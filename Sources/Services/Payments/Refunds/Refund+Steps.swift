import Contracts
import FoundationEssentials
import Platform
import Postgres

extension Refund {
    // MARK: - Begun

    /// Begins refunds: writes their rows and the outbound deliveries for the delivery worker. A refund that the gateway
    /// had refused is begun again with a new key; one that is pending or paid is not touched.
    /// - Parameter causes: The traces of what caused the refunds, by payment; for the others the trace of the current
    ///   task is used.
    static func begin(_ orders: [RefundOrder], causes: [Int: TraceContext] = [:], _ tx: Transaction) async throws {
        guard !orders.isEmpty else { return }
        let begun = try await tx.query(
            begin, as: Begun.self, orders.map(\.payment), orders.map(\.amount), orders.map(\.cause.rawValue), tx.now)
        try tx.deliver(
            try begun.map { refund in
                try OutboundDelivery(
                    kind: .refund, dedupeKey: "\(RefundKey(refund: refund.id, round: refund.round))",
                    content: RefundPayload(
                        transaction: refund.reference, money: Money(refund.amount, refund.currency), refundedBefore: refund.refundedBefore),
                    causedBy: causes[refund.paymentId] ?? .current)
            })
    }

    private struct Begun: Decodable, Sendable {
        let id: Int
        let paymentId: Int
        let round: Int
        let amount: Int
        let currency: String
        let reference: String
        let refundedBefore: Int
    }

    private static let begin: SQL = """
        insert into refunds as r (payment_id, booking_id, amount, currency, cause, requested_at)
        select p.id, p.booking_id, o.amount, p.currency, o.cause, $4
        from unnest($1::bigint[], $2::bigint[], $3::text[]) as o (payment_id, amount, cause) join payments p on p.id = o.payment_id
        order by p.id, o.cause
        on conflict (payment_id, cause) do update
            set status = 'pending', round = r.round + 1, amount = excluded.amount, requested_at = excluded.requested_at, settled_at = null, failure = null
            where r.status = 'failed'
        returning id, payment_id, round, amount, currency, (select p.reference from payments p where p.id = r.payment_id) as reference,
            (select p.refunded_amount from payments p where p.id = r.payment_id) as refunded_before
        """

    // MARK: - Settled

    /// Marks refunds as paid, in the transaction in which the delivery worker marks their deliveries.
    static func markPaid(_ dedupeKeys: [String], _ tx: Transaction) async throws {
        let keys = dedupeKeys.compactMap(RefundKey.init)
        try tx.enqueue(lockPayments, keys.map(\.refund))
        let paid = try await tx.query(pay, as: Settled.self, keys.map(\.refund), keys.map(\.round), tx.now)
        try tx.publish(paid.map { PaymentRefunded($0.payment, cause: $0.cause, refundedAt: tx.now) })
    }

    /// Marks refunds as refused, in the transaction in which the delivery worker marks their deliveries.
    static func markRefused(_ deliveries: [FailedDelivery], _ tx: Transaction) async throws {
        let refused = deliveries.compactMap { delivery in RefundKey(delivery.dedupeKey).map { (key: $0, reason: delivery.reason) } }
        let failed = try await tx.query(
            refuse, as: Settled.self, refused.map(\.key.refund), refused.map(\.key.round), refused.map(\.reason), tx.now)
        try tx.publish(failed.map { PaymentRefundFailed($0.payment, reason: $0.failure ?? "", failedAt: tx.now) })
    }

    private struct Settled: Decodable, Sendable {
        let payment: PaymentDetails
        let cause: Cause
        let failure: String?

        init(from decoder: any Decoder) throws {
            let row = try decoder.container(keyedBy: CodingKeys.self)
            payment = try PaymentDetails(from: decoder)
            cause = try row.decode(Cause.self, forKey: .cause)
            failure = try row.decodeIfPresent(String.self, forKey: .failure)
        }

        private enum CodingKeys: CodingKey {
            case cause, failure
        }
    }

    // In the order of the ids, like every transaction that locks payments.
    private static let lockPayments: SQL = """
        select from payments where id = any (array(select payment_id from refunds where id = any ($1::bigint[]))) order by id for no key update
        """

    // A late success overrides an earlier refusal: two delivery workers may have sent the same request.
    private static let pay: SQL = """
        with paid as (
            update refunds r set status = 'paid', settled_at = $3, failure = null
            from unnest($1::bigint[], $2::bigint[]) as answered (id, round)
            where r.id = answered.id and r.round = answered.round and r.status <> 'paid'
            returning r.payment_id, r.booking_id, (select p.user_id from payments p where p.id = r.payment_id) as user_id, r.amount, r.currency,
                r.cause, r.failure),
        back as (
            update payments p set refunded_amount = p.refunded_amount + sums.amount
            from (select payment_id, sum(amount) as amount from paid group by payment_id) as sums where p.id = sums.payment_id)
        select payment_id, booking_id, user_id, amount, currency, cause, failure from paid order by payment_id
        """

    private static let refuse: SQL = """
        update refunds r set status = 'failed', settled_at = $4, failure = answered.reason
        from unnest($1::bigint[], $2::bigint[], $3::text[]) as answered (id, round, reason)
        where r.id = answered.id and r.round = answered.round and r.status = 'pending'
        returning r.payment_id, r.booking_id, (select p.user_id from payments p where p.id = r.payment_id) as user_id, r.amount, r.currency, r.cause,
            r.failure
        """
}
