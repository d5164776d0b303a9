import HTTPTypes

/// Answers by idempotency key: a repeated request gets the same answer without an effect; another request with the same
/// key is refused.
struct IdempotentAnswers<Request: Hashable & Sendable> {
    enum Finding {
        case fresh
        case same(Answer)
        /// The key was used for another request.
        case conflict
    }

    private let capacity: Int
    private var answers: [String: (fingerprint: Int, answer: Answer)] = [:]
    /// Keys in the order of their arrival, so that the oldest can be dropped.
    private var order: RingBuffer<String>

    init(capacity: Int) {
        self.capacity = capacity
        order = RingBuffer(capacity: capacity)
    }

    func find(_ key: String, _ request: Request) -> Finding {
        guard let known = answers[key] else { return .fresh }
        guard known.fingerprint == request.hashValue else { return .conflict }
        var answer = known.answer
        answer.effect = .repeated
        answer.headers[.idempotentReplayed] = "true"
        return .same(answer)
    }

    mutating func keep(_ key: String, _ request: Request, _ answer: Answer) {
        if order.count == capacity, let oldest = order.oldest { answers[oldest] = nil }
        order.append(key)
        answers[key] = (request.hashValue, answer)
    }
}
