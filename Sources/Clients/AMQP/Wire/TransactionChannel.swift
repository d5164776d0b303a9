import CRabbitMQ

/// A channel in transaction mode (AMQP 0-9-1, class tx; https://www.rabbitmq.com/docs/semantics#tx) for one staged batch at a time.
///
/// The broker reads, decodes and routes a message when it comes and hands it to the queues upon `tx.commit`; it answers that when the queues have
/// taken every message as they do for a publisher confirm.
final class TransactionChannel: Channel {
    private enum Stage {
        case idle
        /// Messages are being written; the next one is this.
        case writing(StageRequest, next: Int)
        /// All are written; the answer to a select behind them will show that the broker has read them.
        case arriving(StageRequest)
        case staged(StageRequest)
        /// To be committed as soon as the broker takes messages.
        case due(StageRequest, CommitRequest)
        case committing(PublishBatch<Publisher>)
        /// Nobody wants it any more, but a message has begun.
        case abandoned
        case rollingBack
    }

    private var stage = Stage.idle
    private lazy var messages = MessageWriter(writer, channel: number)
    /// Selects without an answer. The broker answers each, also when the channel is in transaction mode already.
    private var selects = 0
    private var lastReturned: UInt64 = 0

    /// Whether it can take a batch.
    var isIdle: Bool { if case .idle = stage, phase != .closing { true } else { false } }

    /// Identity of the batch that may be committed.
    var staged: UInt64? { if case .staged(let request) = stage { request.id } else { nil } }

    /// Takes a batch; `pump()` writes it.
    func begin(_ request: StageRequest) throws {
        if phase == .closed {
            try open()
            try select()
        }
        stage = .writing(request, next: 0)
    }

    /// Commits what is staged, when `pump()` is called.
    func commit(_ commit: CommitRequest) {
        if case .staged(let request) = stage { stage = .due(request, commit) }
    }

    func rollBack() throws {
        guard !messages.isInsideMessage else {
            stage = .abandoned
            return
        }
        stage = .rollingBack
        try writer.method(AMQP_TX_ROLLBACK_METHOD, amqp_tx_rollback_t(), channel: number)
    }

    private func select() throws {
        selects += 1
        try writer.method(AMQP_TX_SELECT_METHOD, amqp_tx_select_t(), channel: number)
    }

    /// Writes what is to be written as far as the socket takes it; true when it could go on at once.
    func pump() throws -> Bool {
        try messages.pump {
            switch stage {
            case .writing(let request, let next) where next < request.messages.count:
                stage = .writing(request, next: next + 1)
                return try messages.write(request.messages[next], mandatory: request.mandatory)
            case .writing(let request, _):
                stage = .arriving(request)
                try select()
            case .due(let request, let commit): try send(commit, of: request)
            case .abandoned: try rollBack()
            case .idle, .arriving, .staged, .committing, .rollingBack: break
            }
            return nil
        }
    }

    private func send(_ commit: CommitRequest, of request: StageRequest) throws {
        lastReturned = 0
        stage = .committing(
            PublishBatch(
                caller: commit.request.continuation, id: commit.id, deadline: commit.deadline, messages: request.messages,
                mandatory: request.mandatory, isWritten: true))
        try writer.method(AMQP_TX_COMMIT_METHOD, amqp_tx_commit_t(), channel: number)
    }

    override func didReceive(_ method: amqp_method_t) throws {
        switch (method.id, stage) {
        case (AMQP_TX_SELECT_OK_METHOD, _):
            selects -= 1
            guard selects == 0, case .arriving(let request) = stage else { return }
            stage = .staged(request)
            request.request.continuation.resume(returning: request.id)
        case (AMQP_TX_COMMIT_OK_METHOD, .committing(let batch)):
            stage = .idle
            batch.settle(through: .max, .confirmed)
            if let outcomes = batch.result, !batch.isAnswered { batch.caller.resume(returning: outcomes) }
        case (AMQP_TX_ROLLBACK_OK_METHOD, .rollingBack): stage = .idle
        default: break
        }
    }

    /// Unroutable messages come back upon the commit, in their order and before its answer.
    override func didReceive(_ message: IncomingMessage) throws {
        guard case .committing(let batch) = stage else { return }
        for exactly in [true, false] {
            guard let sequence = batch.noteReturn(message, after: lastReturned, exactly: exactly) else { continue }
            lastReturned = sequence
            return
        }
    }

    override func didClose(_ error: AMQPError?) throws { abandon(error ?? .connectionLost(reason: "the channel was closed")) }

    /// Whatever is on the channel is gone.
    func abandon(_ error: AMQPError) {
        let last = stage
        stage = .idle
        selects = 0
        messages.reset()
        switch last {
        case .writing(let request, _), .arriving(let request): request.fail(error)
        case .due(_, let commit): commit.fail(AMQPError.stagingLost)
        case .committing(let batch): if !batch.isAnswered { batch.fail(error) }
        case .idle, .staged, .abandoned, .rollingBack: break
        }
    }

    /// Answers the request under way if its time is up; returns when it is, if later.
    func expire(_ now: ContinuousClock.Instant, _ error: AMQPError) throws -> ContinuousClock.Instant? {
        let request: any PendingRequest
        switch stage {
        case .writing(let staging, _), .arriving(let staging): request = staging
        case .due(_, let commit): request = commit
        case .committing(let batch) where !batch.isAnswered: request = batch
        case .idle, .staged, .committing, .abandoned, .rollingBack: return nil
        }
        guard request.deadline <= now else { return request.deadline }
        request.fail(error)
        if case .committing(let batch) = stage {
            // Its answer may come yet, and is nobody's.
            batch.isAnswered = true
        } else {
            try rollBack()
        }
        return nil
    }

    /// Drops a commit that its caller has given up and that was not sent; the batch stays staged.
    func withdraw(_ id: UInt64) {
        guard case .due(let request, let commit) = stage, commit.id == id else { return }
        stage = .staged(request)
        commit.fail(CancellationError())
    }
}
