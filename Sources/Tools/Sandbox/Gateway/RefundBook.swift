/// The refunds of all transactions as the gateway keeps them, and how it was told to answer new ones.
struct RefundBook {
    /// A refund that was really paid.
    struct Paid: Sendable {
        let at: Timestamp
        let idempotencyKey: String
        let request: RefundRequest
    }

    /// An entry of `GET /gateway/refund?transaction=`.
    struct Entry: Encodable, Sendable {
        let idempotencyKey: String
        let request: RefundRequest
        let currency: String
        var status: RefundStatus
        let createdAt: Timestamp

        private enum CodingKeys: String, CodingKey {
            case amount
            case currency
            case status
            case createdAt = "created_at"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(request.amount, forKey: .amount)
            try container.encode(currency, forKey: .currency)
            try container.encode(status, forKey: .status)
            try container.encode(createdAt, forKey: .createdAt)
        }
    }

    /// Those that were paid, oldest first.
    private(set) var paid: RingBuffer<Paid>
    private var entries: [String: [Entry]] = [:]
    private var ordered: [String: RefundStatus] = [:]
    private var lastNumber = 0

    init(keep: Int) { paid = RingBuffer(capacity: keep) }

    /// The refunds of a transaction, oldest first.
    func refunds(of transaction: String) -> [Entry] { entries[transaction] ?? [] }

    /// Minor units that are back or on their way.
    func refunded(_ transaction: String) -> Int64 { refunds(of: transaction).filter { $0.status != .failed }.map(\.request.amount).reduce(0, +) }

    /// Adds a refund, with the status that was ordered for its transaction.
    mutating func add(_ request: RefundRequest, currency: String, key: String) -> RefundReport {
        let status = ordered[request.transaction] ?? .processed
        let entry = Entry(idempotencyKey: key, request: request, currency: currency, status: status, createdAt: .now)
        entries[request.transaction, default: []].append(entry)
        lastNumber += 1
        if status == .processed { pay(entry) }
        return RefundReport(
            id: lastNumber, at: entry.createdAt, idempotencyKey: key, transaction: request.transaction, amount: request.amount, currency: currency,
            status: status)
    }

    /// Has the refunds of a transaction come to stand so: those that are pending, and those that are asked for from now on.
    mutating func order(_ status: RefundStatus, of transaction: String) {
        ordered[transaction] = status
        guard var list = entries[transaction], status != .pending else { return }
        for index in list.indices where list[index].status == .pending {
            list[index].status = status
            if status == .processed { pay(list[index]) }
        }
        entries[transaction] = list
    }

    /// Forgets everything; the numbers go on, so a reader that pages by number is not confused.
    mutating func removeAll() {
        entries = [:]
        ordered = [:]
        paid.removeAll()
    }

    private mutating func pay(_ entry: Entry) { paid.append(Paid(at: .now, idempotencyKey: entry.idempotencyKey, request: entry.request)) }
}
