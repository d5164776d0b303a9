import Curl
import HTTPTypes
import Platform
import Synchronization

/// A stub of the payment gateway: reports transactions and refunds each idempotency key once.
final class PaymentGatewayStub: Stub {
    private struct State {
        var transactions: [String: Transaction] = [:]
        var refunds: RefundBook
        var answers: IdempotentAnswers<RefundRequest>

        init(keep: Int) {
            refunds = RefundBook(keep: keep)
            answers = IdempotentAnswers(capacity: keep)
        }
    }

    let part = StubID.gateway
    let keepsBodies = true
    private static let verify = "/gateway/transaction/verify/"
    private static let refund = "/gateway/refund"
    private let keep: Int
    private let key: String?
    private let state: Mutex<State>

    /// - Parameter key: The bearer token that callers must send; nil accepts every caller.
    init(keep: Int, key: String?) {
        self.keep = keep
        self.key = key
        state = Mutex(State(keep: keep))
    }

    /// Adds transactions; one that is added again is replaced, and keeps its refunds.
    func preload(_ transactions: [Transaction]) {
        state.withLock { state in
            for transaction in transactions { state.transactions[transaction.reference] = transaction }
        }
    }

    /// Sets the status of a transaction's refunds: of pending ones, and of those requested from now on.
    func order(_ status: RefundStatus, ofRefundsOf transaction: String) {
        state.withLock { $0.refunds.order(status, of: transaction) }
    }

    func subject(of request: OutsideRequest) -> FaultSubject {
        let reference = verified(by: request) ?? listed(by: request) ?? (try? request.decode(RefundRequest.self).transaction)
        return FaultSubject(path: request.path, token: request.bearer, reference: reference)
    }

    func answer(_ request: OutsideRequest) throws -> Answer {
        if let key, request.bearer != key { return try .refusal(401, "The bearer token is not SANDBOX_GATEWAY_KEY.") }
        if let reference = verified(by: request) {
            guard request.method == .get else { return try .refusal(405, "A transaction is verified with GET.") }
            return try verify(reference)
        }
        guard request.path == Self.refund else {
            return try .refusal(404, "There is /gateway/transaction/verify/{reference} and /gateway/refund.")
        }
        if request.method == .get { return try refunds(of: listed(by: request)) }
        guard request.method == .post else { return try .refusal(405, "A refund is asked for with POST, refunds are looked at with GET.") }
        guard let key = request.idempotencyKey else { return try .refusal(400, "A refund needs an Idempotency-Key.") }
        do {
            return try refund(try request.decode(RefundRequest.self), key: key)
        } catch let error as DecodingError {
            return try .refusal(400, "The refund cannot be read: \(error)")
        }
    }

    func reset() {
        state.withLock { state in
            // The refunds' numbers continue, so that a reader that pages by number misses none.
            var refunds = state.refunds
            refunds.removeAll()
            state = State(keep: keep)
            state.refunds = refunds
        }
    }

    /// The paid refunds, oldest first.
    func refunds(since: Int, limit: Int?) -> [RefundReport] {
        state.withLock { $0.refunds.paid.elements(since: since, limit: limit) }.map { number, refund in
            RefundReport(
                id: number, at: refund.at, idempotencyKey: refund.idempotencyKey, transaction: refund.request.transaction,
                amount: refund.request.amount, currency: refund.request.currency)
        }
    }

    private func verified(by request: OutsideRequest) -> String? {
        guard request.path.hasPrefix(Self.verify), request.path.utf8.count > Self.verify.utf8.count else { return nil }
        let reference = String(request.path.dropFirst(Self.verify.count))
        return reference.urlUnescaped ?? reference
    }

    /// The transaction whose refunds are requested.
    private func listed(by request: OutsideRequest) -> String? {
        guard request.path == Self.refund, request.method == .get, let transaction = request.query["transaction"] else { return nil }
        return String(transaction).urlUnescaped ?? String(transaction)
    }

    private func refunds(of transaction: String?) throws -> Answer {
        guard let transaction else { return try .refusal(400, "Say whose refunds: ?transaction=.") }
        struct Listed: Encodable {
            let status = true
            let message = "Refunds retrieved"
            let data: [RefundBook.Entry]
        }
        return try state.withLock { state in
            guard state.transactions[transaction] != nil else { return try .refusal(404, "Transaction reference not found.") }
            return try Answer(status: 200, json: Listed(data: state.refunds.refunds(of: transaction)))
        }
    }

    private func verify(_ reference: String) throws -> Answer {
        guard let transaction = state.withLock({ $0.transactions[reference] }) else {
            return try .refusal(404, "Transaction reference not found.")
        }
        struct Verified: Encodable {
            let status = true
            let message = "Verification successful"
            let data: Transaction
        }
        return try Answer(status: 200, json: Verified(data: transaction))
    }

    /// A refused refund is not stored under its key: it had no effect, and may be requested again.
    private func refund(_ request: RefundRequest, key: String) throws -> Answer {
        try state.withLock { state in
            switch state.answers.find(key, request) {
            case .same(let answer): return answer
            case .conflict: return try .refusal(422, "This Idempotency-Key was used for another refund.")
            case .fresh: break
            }
            guard let transaction = state.transactions[request.transaction] else { return try .refusal(404, "Transaction reference not found.") }
            guard transaction.status == "success" else { return try .refusal(400, "The transaction is \(transaction.status), so nothing was paid.") }
            guard transaction.currency.uppercased() == request.currency.uppercased() else {
                return try .refusal(400, "The transaction is in \(transaction.currency).")
            }
            let rest = transaction.amount - state.refunds.refunded(request.transaction)
            guard request.amount > 0, request.amount <= rest else {
                return try .refusal(400, "The amount must be from 1 to \(rest), what is left of it.")
            }

            struct Refunded: Encodable {
                let status = true
                let message: String
                let data: RefundReport
            }
            let report = state.refunds.add(request, currency: transaction.currency, key: key)
            let refunded = Refunded(message: "Refund \(report.status)", data: report)
            let answer = try Answer(status: 200, json: refunded, effect: report.status == .failed ? .none : .done)
            state.answers.keep(key, request, answer)
            return answer
        }
    }
}
