import HTTPTypes
import Synchronization

/// A stub of the push service: delivers each idempotency key once.
final class PushStub: Stub {
    /// A delivered push.
    struct Delivered: Sendable {
        let at: Timestamp
        let idempotencyKey: String?
        let request: PushRequest
    }

    private struct State {
        var delivered: RingBuffer<Delivered>
        var answers: IdempotentAnswers<PushRequest>

        init(keep: Int) {
            delivered = RingBuffer(capacity: keep)
            answers = IdempotentAnswers(capacity: keep)
        }
    }

    let part = StubID.push
    let keepsBodies = true
    private let keep: Int
    private let key: String?
    private let state: Mutex<State>

    /// - Parameter key: The bearer token that callers must send; nil accepts every caller.
    init(keep: Int, key: String?) {
        self.keep = keep
        self.key = key
        state = Mutex(State(keep: keep))
    }

    func subject(of request: OutsideRequest) -> FaultSubject {
        let userIds = (try? request.decode(PushRequest.self).userIds) ?? []
        return FaultSubject(path: request.path, token: request.bearer, userIds: userIds)
    }

    func answer(_ request: OutsideRequest) throws -> Answer {
        guard request.path == "/push/notifications" else { return try .refusal(404, "There is /push/notifications.") }
        guard request.method == .post else { return try .refusal(405, "Notifications are sent with POST.") }
        if let key, request.bearer != key { return try .refusal(401, "The bearer token is not SANDBOX_PUSH_KEY.") }
        let push: PushRequest
        do {
            push = try request.decode(PushRequest.self)
        } catch {
            return try .refusal(400, "The notification cannot be read: \(error)")
        }
        guard !push.userIds.isEmpty else { return try .refusal(400, "userIds must name somebody.") }
        return try state.withLock { state in
            let key = request.idempotencyKey
            if let key, let known = try state.answers.known(key, push) { return known }
            let number = state.delivered.append(Delivered(at: .now, idempotencyKey: key, request: push))
            let accepted = ["id": .string("push-\(number)"), "accepted": .integer(Int64(push.userIds.count))] as [String: JSONValue]
            let answer = try Answer(status: 200, json: accepted, effect: .done)
            if let key { state.answers.keep(key, push, answer) }
            return answer
        }
    }

    func reset() {
        state.withLock { state in
            state.delivered.removeAll()
            state.answers = IdempotentAnswers(capacity: keep)
        }
    }

    /// The delivered pushes, oldest first.
    func delivered(since: Int, limit: Int?, userId: Int64?) -> [PushReport] {
        state.withLock { $0.delivered.elements(since: since) }
            .filter { userId == nil || $0.element.request.userIds.contains { $0 == userId } }
            .prefix(limit ?? .max)
            .map { PushReport(number: $0.number, delivered: $0.element) }
    }
}
