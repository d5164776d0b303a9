import Contracts
import FoundationEssentials
import Platform
import Postgres

/// What the gateway says of some payments, and what people decided about them, held against their rows and written together: the one way by
/// which they move payments.
///
/// All payments of the bookings are locked from the start, so that of two that succeed at once one is the second.
struct PaymentReconciliation {
    private let tx: Transaction
    private let before: [String: Payment]
    private var payments: [String: Payment]
    private var paidBookings: Set<Int>
    private var refunds: [RefundOrder] = []
    private var causes: [Int: TraceContext] = [:]
    private var final: [Int] = []
    private var undecided: [Int] = []

    /// Locks the payments that the gateway will be heard on, and their siblings.
    static func open(_ references: [String], _ tx: Transaction) async throws -> PaymentReconciliation {
        PaymentReconciliation(tx, try await Payment.lock(references: references, tx))
    }

    private init(_ tx: Transaction, _ payments: [Payment]) {
        self.tx = tx
        before = Dictionary(payments.map { ($0.reference, $0) }) { first, _ in first }
        self.payments = before
        paidBookings = Set(payments.filter { $0.status == .succeeded }.map(\.bookingId))
    }

    /// The payment as it stands after what was heard.
    func payment(_ reference: String) -> Payment? { payments[reference] }

    /// Why a person has to decide about a payment, if that was not known before.
    func newReview(_ reference: String) -> String? {
        guard let payment = payments[reference], let reason = payment.reviewReason, reason != before[reference]?.reviewReason else { return nil }
        return payment.invalidReason == nil ? "\(reason); decide with: boxoffice payment" : reason
    }

    /// Hears a word, decides what it means and tells everybody. The rows follow with ``write()``.
    /// - Parameters:
    ///   - polled: Whether it answers our question: a payment that is still open then may have had its time.
    ///   - cause: The trace of the message that it came with.
    /// - Returns: what it means; nil for a reference that no payment has.
    /// - Throws: a `ContractViolation` when the payment cannot be told of.
    mutating func apply(_ answer: GatewayAnswer, to reference: String, polled: Bool, causedBy cause: TraceContext? = .current) throws
        -> PaymentOutcome?
    {
        guard var payment = payments[reference] else { return nil }
        let outcome = PaymentOutcome(
            on: payment, answer, bookingIsPaid: paidBookings.contains(payment.bookingId),
            isOverdue: polled && GatewayPollingPolicy.isOver(for: payment, at: tx.now),
            isUnanswered: GatewayPollingPolicy.isUnanswered(payment, at: tx.now))
        if outcome.isFinal { final.append(payment.id) }
        payment.note(answer, outcome, at: tx.now)
        payment.apply(outcome, at: tx.now)
        try change(payment, outcome, cause)
        return outcome
    }

    /// Follows a person's decision and tells everybody. The rows follow with ``write()``.
    /// - Throws: a ``DecisionRefused`` when there is nothing to decide; that there is no such payment, or not yet.
    mutating func decide(_ decision: PaymentDecided.Decision, on reference: String, causedBy cause: TraceContext?) throws {
        guard var payment = payments[reference] else {
            throw PaymentGatewayReportedReaction.UnknownPayment(description: "no payment has the reference \(reference)")
        }
        guard let outcome = try payment.decide(decision, bookingIsPaid: paidBookings.contains(payment.bookingId), at: tx.now) else { return }
        payment.apply(outcome, at: tx.now)
        if decision == .giveBack, let taken = payment.takenAt, payment.paidAt == nil {
            payment.paidAt = min(taken, tx.now)
            if payment.amount > 0 { refunds.append(RefundOrder(payment: payment.id, amount: payment.amount, cause: .late)) }
        }
        // What the gateway may still take goes back as well.
        if payment.paidAt == nil { undecided.append(payment.id) } else { final.append(payment.id) }
        payment.endReview()
        try change(payment, outcome, cause)
    }

    /// Begins refunds again that the gateway had refused, because a person says so. The rows follow with ``write()``.
    /// - Parameter known: The refunds of its booking.
    /// - Returns: whether there are some, or some are on their way.
    /// - Throws: a ``DecisionRefused`` when more would go back than is left.
    mutating func beginAgain(_ known: [Refund], of reference: String, causedBy cause: TraceContext?) throws(DecisionRefused) -> Bool {
        guard let payment = payments[reference] else { return false }
        let own = known.filter { $0.paymentId == payment.id }
        let refused = own.filter { refund in
            refund.status == .failed && !refunds.contains { $0.payment == refund.paymentId && $0.cause == refund.cause }
        }
        let left = payment.amountLeft(own)
        guard refused.reduce(Int128(0), { $0 + Int128($1.amount) }) <= left else {
            throw DecisionRefused("only \(left) of payment \(reference) are left, and more was refused; pay what is owed at the gateway")
        }
        refunds += refused.map { RefundOrder(payment: $0.paymentId, amount: $0.amount, cause: $0.cause) }
        if !refused.isEmpty { causes[payment.id] = cause }
        return own.contains { $0.status != .paid }
    }

    /// Whose payments these are.
    var bookings: [Int] { Array(Set(payments.values.map(\.bookingId))) }

    private mutating func change(_ payment: Payment, _ outcome: PaymentOutcome, _ cause: TraceContext?) throws {
        guard payments[payment.reference] != payment else { return }
        payments[payment.reference] = payment
        causes[payment.id] = cause
        try tell(payment, outcome, cause)
    }

    private mutating func tell(_ payment: Payment, _ outcome: PaymentOutcome, _ cause: TraceContext?) throws {
        switch outcome {
        case .succeeded:
            paidBookings.insert(payment.bookingId)
            try tx.publish(
                PaymentSucceeded(
                    paymentId: payment.id, bookingId: payment.bookingId, userId: payment.userId, amount: payment.amount, currency: payment.currency,
                    paidAt: payment.paidAt ?? tx.now), causedBy: cause)
        case .failed(let reason):
            try tx.publish(
                PaymentFailed(
                    paymentId: payment.id, bookingId: payment.bookingId, userId: payment.userId, amount: payment.amount, currency: payment.currency,
                    reason: reason, failedAt: tx.now), causedBy: cause)
        case .duplicatePayment where payment.amount > 0: refunds.append(RefundOrder(payment: payment.id, amount: payment.amount, cause: .double))
        case .late where payment.amount > 0: refunds.append(RefundOrder(payment: payment.id, amount: payment.amount, cause: .late))
        case .duplicatePayment, .late, .processing, .unchanged, .open, .review, .disputed: break
        }
    }

    /// Writes what was decided.
    func write() async throws {
        let changed = payments.values.filter { $0 != before[$0.reference] }.sorted { $0.id < $1.id }
        if !changed.isEmpty {
            try tx.enqueue(
                Self.move, changed.map(\.id), changed.map(\.status.rawValue), changed.map(\.submittedAt), changed.map(\.paidAt),
                changed.map(\.failedAt), changed.map(\.failureReason), changed.map(\.amount), changed.map(\.currency))
            try tx.enqueue(
                Self.noteReview, changed.map(\.id), changed.map(\.reviewSince), changed.map(\.reviewReason), changed.map(\.takenAmount),
                changed.map(\.takenCurrency), changed.map(\.takenAt), changed.map(\.silentSince), changed.map(\.decision?.rawValue))
        }
        if !undecided.isEmpty { try tx.enqueue(Self.pollAgain, undecided, tx.now) }
        try await Refund.begin(refunds, causes: causes, tx)
    }

    /// Has the gateway asked no more about payments on which it has said its last word.
    func close() throws {
        if !final.isEmpty { try tx.enqueue(Self.stopPolling, final) }
    }

    // The rows are locked: they are as they were read. One that is only noted about keeps its status, and leaves no history.
    private static let move: SQL = """
        update payments p
        set status = m.status, submitted_at = m.submitted_at, paid_at = m.paid_at, failed_at = m.failed_at, failure_reason = m.failure_reason,
            amount = m.amount, currency = m.currency
        from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::bigint[], $8::text[])
             as m (id, status, submitted_at, paid_at, failed_at, failure_reason, amount, currency)
        where p.id = m.id and (p.status <> m.status or p.paid_at is distinct from m.paid_at or p.amount <> m.amount or p.currency <> m.currency)
        """

    private static let noteReview: SQL = """
        update payments p
        set review_since = n.since, review_reason = n.reason, taken_amount = n.amount, taken_currency = n.currency, taken_at = n.taken_at,
            silent_since = n.silent_since, decision = n.decision
        from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::text[])
             as n (id, since, reason, amount, currency, taken_at, silent_since, decision)
        where p.id = n.id
          and (p.review_since, p.review_reason, p.taken_amount, p.taken_currency, p.taken_at, p.silent_since, p.decision)
              is distinct from (n.since, n.reason, n.amount, n.currency::char(3), n.taken_at, n.silent_since, n.decision)
        """

    private static let stopPolling: SQL = "update payments set ask_at = null where id = any ($1::bigint[]) and ask_at is not null"

    private static let pollAgain: SQL = "update payments set ask_at = $2 where id = any ($1::bigint[])"
}
