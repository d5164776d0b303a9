import HTTPTypes

/// Answers by idempotency key: a repeated request gets the same answer without an effect; another request with the same
/// key is refused.
struct IdempotentAnswers<Request: Hashable & Sendable> {
    private let capacity: Int
    private var answers: [String: (fingerprint: Int, answer: Answer)] = [:]
    /// Keys in the order of their arrival, so that the oldest can be dropped.
    private var order: RingBuffer<String>

    init(capacity: Int) {
        self.capacity = capacity
        order = RingBuffer(capacity: capacity)
    }

    /// The earlier answer to a request with this key, or a refusal if that was another request; nil for a new key.
    func known(_ key: String, _ request: Request) throws -> Answer? {
        guard let known = answers[key] else { return nil }
        guard known.fingerprint == request.hashValue else { return try .refusal(422, "This Idempotency-Key was used for another request.") }
        var answer = known.answer
        answer.effect = .repeated
        answer.headers[.idempotentReplayed] = "true"
        return answer
    }

    /// Keeps an answer. A refusal is not kept: it had no effect, and the request may be repeated.
    mutating func keep(_ key: String, _ request: Request, _ answer: Answer) {
        guard answer.status == 200 else { return }
        if order.count == capacity, let oldest = order.oldest { answers[oldest] = nil }
        order.append(key)
        answers[key] = (request.hashValue, answer)
    }
}
