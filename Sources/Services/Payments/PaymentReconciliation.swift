import Contracts
import FoundationEssentials
import Platform
import Postgres

/// Applies gateway answers and people's decisions to payments and writes the changes together; the only code that
/// changes a payment's status because of either.
///
/// All payments of the bookings are locked from the start, so that of two payments that succeed at once one counts as
/// the duplicate.
struct PaymentReconciliation {
    private let tx: Transaction
    private let before: [String: Payment]
    private var payments: [String: Payment]
    private var paidBookings: Set<Int>
    private var refunds: [RefundOrder] = []
    private var causes: [Int: TraceContext] = [:]
    private var final: [Int] = []
    private var undecided: [Int] = []

    /// Locks the payments that the answers are about, and the other payments of their bookings.
    static func open(_ references: [String], _ tx: Transaction) async throws -> PaymentReconciliation {
        PaymentReconciliation(tx, try await Payment.lock(references: references, tx))
    }

    private init(_ tx: Transaction, _ payments: [Payment]) {
        self.tx = tx
        before = Dictionary(payments.map { ($0.reference, $0) }) { first, _ in first }
        self.payments = before
        paidBookings = Set(payments.filter { $0.status == .succeeded }.map(\.bookingId))
    }

    /// The payment with the answers applied so far.
    func payment(_ reference: String) -> Payment? { payments[reference] }

    /// Why a person has to decide about a payment, unless that was already known.
    func newReview(_ reference: String) -> String? {
        guard let payment = payments[reference], let reason = payment.reviewReason, reason != before[reference]?.reviewReason else { return nil }
        return payment.invalidReason == nil ? "\(reason); decide with: boxoffice payment" : reason
    }

    /// Applies a gateway answer to its payment and publishes the outcome. ``write()`` writes the rows.
    /// - Parameters:
    ///   - polled: Whether the answer is to our request: only then can a payment that is still open be given up as
    ///     overdue.
    ///   - cause: The trace of the message that reported it.
    /// - Returns: the outcome; nil for a reference that no payment has.
    /// - Throws: a `ContractViolation` when no message can describe the payment.
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

    /// Applies a person's decision and publishes the outcome. ``write()`` writes the rows.
    /// - Throws: `Unprocessable` when there is nothing to decide; `NotThereYet` when no payment has the
    ///   reference, or none has it yet.
    mutating func decide(_ decision: PaymentDecided.Decision, on reference: String, causedBy cause: TraceContext?) throws {
        guard var payment = payments[reference] else {
            throw NotThereYet("no payment has the reference \(reference)")
        }
        guard let outcome = try payment.decide(decision, bookingIsPaid: paidBookings.contains(payment.bookingId), at: tx.now) else { return }
        payment.apply(outcome, at: tx.now)
        if decision == .giveBack, let taken = payment.takenAt, payment.paidAt == nil {
            payment.paidAt = min(taken, tx.now)
            if payment.amount > 0 { refunds.append(RefundOrder(payment: payment.id, amount: payment.amount, cause: .late)) }
        }
        // Money that the gateway may still take is refunded as well.
        if payment.paidAt == nil { undecided.append(payment.id) } else { final.append(payment.id) }
        payment.endReview()
        try change(payment, outcome, cause)
    }

    /// Requests refunds again that the gateway had refused, because a person decided so. ``write()`` writes the rows.
    /// - Parameter known: The refunds of its booking.
    /// - Returns: whether there are such refunds, or refunds that are pending.
    /// - Throws: `Unprocessable` when they add up to more than is left of the payment.
    mutating func beginAgain(_ known: [Refund], of reference: String, causedBy cause: TraceContext?) throws(Unprocessable) -> Bool {
        guard let payment = payments[reference] else { return false }
        let own = known.filter { $0.paymentId == payment.id }
        let refused = own.filter { refund in
            refund.status == .failed && !refunds.contains { $0.payment == refund.paymentId && $0.cause == refund.cause }
        }
        let left = payment.amountLeft(own)
        guard refused.reduce(Int128(0), { $0 + Int128($1.amount) }) <= left else {
            throw Unprocessable("only \(left) of payment \(reference) are left, and more was refused; pay what is owed at the gateway")
        }
        refunds += refused.map { RefundOrder(payment: $0.paymentId, amount: $0.amount, cause: $0.cause) }
        if !refused.isEmpty { causes[payment.id] = cause }
        return own.contains { $0.status != .paid }
    }

    /// The bookings that these payments belong to.
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
            try tx.publish(PaymentSucceeded(payment.details(), paidAt: payment.paidAt ?? tx.now), causedBy: cause)
        case .failed(let reason):
            try tx.publish(PaymentFailed(payment.details(), reason: reason, failedAt: tx.now), causedBy: cause)
        case .duplicatePayment where payment.amount > 0: refunds.append(RefundOrder(payment: payment.id, amount: payment.amount, cause: .double))
        case .late where payment.amount > 0: refunds.append(RefundOrder(payment: payment.id, amount: payment.amount, cause: .late))
        case .duplicatePayment, .late, .processing, .unchanged, .open, .review, .disputed: break
        }
    }

    /// Writes the changed rows and begins the refunds.
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

    /// Ends the polling of payments that have the gateway's final answer.
    func close() throws {
        if !final.isEmpty { try tx.enqueue(Self.stopPolling, final) }
    }

    // The rows are locked, so they are unchanged since they were read. A payment that is only annotated keeps its
    // status and gets no history row.
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
