/// The refunds of all transactions at the gateway stub, and the configured status of new ones.
struct RefundBook {
    /// A paid refund.
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

    /// The paid refunds, oldest first.
    private(set) var paid: RingBuffer<Paid>
    private var entries: [String: [Entry]] = [:]
    private var ordered: [String: RefundStatus] = [:]
    private var lastNumber = 0

    init(keep: Int) { paid = RingBuffer(capacity: keep) }

    /// The refunds of a transaction, oldest first.
    func refunds(of transaction: String) -> [Entry] { entries[transaction] ?? [] }

    /// The amount in paid and pending refunds, in minor units.
    func refunded(_ transaction: String) -> Int64 { refunds(of: transaction).filter { $0.status != .failed }.map(\.request.amount).reduce(0, +) }

    /// Adds a refund, with the status that was configured for its transaction.
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

    /// Sets the status of a transaction's refunds: of pending ones, and of those requested from now on.
    mutating func order(_ status: RefundStatus, of transaction: String) {
        ordered[transaction] = status
        guard var list = entries[transaction], status != .pending else { return }
        for index in list.indices where list[index].status == .pending {
            list[index].status = status
            if status == .processed { pay(list[index]) }
        }
        entries[transaction] = list
    }

    /// Removes everything; the numbers continue, so that a reader that pages by number misses none.
    mutating func removeAll() {
        entries = [:]
        ordered = [:]
        paid.removeAll()
    }

    private mutating func pay(_ entry: Entry) { paid.append(Paid(at: .now, idempotencyKey: entry.idempotencyKey, request: entry.request)) }
}
