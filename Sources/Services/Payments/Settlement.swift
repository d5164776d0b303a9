import Contracts
import FoundationEssentials
import Platform
import Postgres

/// The gateway's words on some payments, decided against their rows and written together: the one way by which they move payments.
///
/// All payments of the bookings are locked from the start, so that of two that succeed at once one is the second.
struct Settlement {
    private let tx: Transaction
    private var payments: [String: Payment]
    private var paidBookings: Set<Int>
    /// The payments that have changed, with the status that each had.
    private var moved: [String: PaymentStatus] = [:]
    private var refunds: [RefundOrder] = []
    private var causes: [Int: TraceContext] = [:]
    private var final: [Int] = []

    /// Locks the payments that the gateway will be heard on, and their siblings.
    static func open(_ references: [String], _ tx: Transaction) async throws -> Settlement {
        Settlement(tx, try await Payment.lock(references: references, tx))
    }

    private init(_ tx: Transaction, _ payments: [Payment]) {
        self.tx = tx
        self.payments = Dictionary(payments.map { ($0.reference, $0) }) { first, _ in first }
        paidBookings = Set(payments.filter { $0.status == .succeeded }.map(\.bookingId))
    }

    /// The payment as it stands after what was heard.
    func payment(_ reference: String) -> Payment? { payments[reference] }

    /// Hears a word, decides what it means and tells everybody. The rows follow with ``write()``.
    /// - Parameters:
    ///   - wasAsked: Whether it answers our question: a payment that is still open then may have had its time.
    ///   - cause: The trace of the message that it came with.
    /// - Returns: what it means; nil for a reference that no payment has.
    /// - Throws: a `ContractViolation` when the payment cannot be told of.
    mutating func hear(_ answer: GatewayAnswer, on reference: String, wasAsked: Bool, causedBy cause: TraceContext? = .current) throws -> Verdict? {
        guard var payment = payments[reference] else { return nil }
        let verdict = Verdict(
            on: payment, answer, bookingIsPaid: paidBookings.contains(payment.bookingId),
            isOverdue: wasAsked && Patience.isOver(for: payment, at: tx.now))
        if verdict.isFinal { final.append(payment.id) }
        guard payment.follow(verdict, at: tx.now) else { return verdict }
        if moved[reference] == nil { moved[reference] = payments[reference]?.status }
        payments[reference] = payment
        causes[payment.id] = cause
        try tell(payment, verdict, cause)
        return verdict
    }

    private mutating func tell(_ payment: Payment, _ verdict: Verdict, _ cause: TraceContext?) throws {
        switch verdict {
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
        case .doubled where payment.amount > 0: refunds.append(RefundOrder(payment: payment.id, amount: payment.amount, cause: .double))
        case .late where payment.amount > 0: refunds.append(RefundOrder(payment: payment.id, amount: payment.amount, cause: .late))
        case .doubled, .late, .processing, .stands, .open, .disputed: break
        }
    }

    /// Writes what was decided.
    func write() async throws {
        let rows = moved.compactMap { reference, was in payments[reference].map { (was: was, payment: $0) } }.sorted { $0.payment.id < $1.payment.id }
        if !rows.isEmpty {
            try tx.enqueue(
                Self.move, rows.map(\.payment.id), rows.map(\.was.rawValue), rows.map(\.payment.status.rawValue), rows.map(\.payment.submittedAt),
                rows.map(\.payment.paidAt), rows.map(\.payment.failedAt), rows.map(\.payment.failureReason))
        }
        try await Refund.begin(refunds, causes: causes, tx)
    }

    /// Has the gateway asked no more about payments on which it has said its last word.
    func close() throws {
        if !final.isEmpty { try tx.enqueue(Self.askNoMore, final) }
    }

    private static let move: SQL = """
        update payments p
        set status = m.status, submitted_at = m.submitted_at, paid_at = m.paid_at, failed_at = m.failed_at, failure_reason = m.failure_reason
        from unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::text[])
             as m (id, was, status, submitted_at, paid_at, failed_at, failure_reason)
        where p.id = m.id and p.status = m.was
        """

    private static let askNoMore: SQL = "update payments set ask_at = null where id = any ($1::bigint[]) and ask_at is not null"
}

extension Payment {
    /// Moves as the verdict says.
    /// - Returns: whether anything changed.
    fileprivate mutating func follow(_ verdict: Verdict, at now: Date) -> Bool {
        switch verdict {
        case .processing(let since): (status, submittedAt) = (.processing, min(since, now))
        case .succeeded(let at), .doubled(let at): (status, paidAt) = (.succeeded, min(at, now))
        case .late(let at): paidAt = min(at, now)
        case .failed(let reason): (status, failedAt, failureReason) = (.failed, now, reason)
        case .stands, .open, .disputed: return false
        }
        return true
    }
}
