/// Identity and patience of a request.
struct PendingRequest: Sendable {
    let id: UInt64
    let deadline: ContinuousClock.Instant
}

/// What the outside asks of the thread that owns the connection.
enum Command: Sendable {
    case publish(PublishRequest)
    case stage(StageRequest)
    case commit(CommitRequest)
    /// Drops what was staged under this identity.
    case rollBack(UInt64)
    case call(CallRequest)
    case get(GetRequest)
    case start(Consumer)
    case stop(Consumer, CheckedContinuation<Void, Never>)
    case flush(CheckedContinuation<Void, Never>)
    /// The caller's task was cancelled: drop the request if nothing of it was sent.
    case withdraw(UInt64)
    case shutdown

    var request: PendingRequest? {
        switch self {
        case .publish(let request): request.request
        case .stage(let request): request.request
        case .commit(let request): request.request
        case .call(let request): request.request
        case .get(let request): request.request
        case .rollBack, .start, .stop, .flush, .withdraw, .shutdown: nil
        }
    }

    /// Answers without the thread.
    func fail(_ error: any Error) {
        switch self {
        case .publish(let request): request.continuation.resume(throwing: error)
        case .stage(let request): request.continuation.resume(throwing: error)
        case .commit(let request): request.continuation.resume(throwing: error)
        case .call(let request): request.continuation.resume(throwing: error)
        case .get(let request): request.continuation.resume(throwing: error)
        case .start(let consumer): _ = consumer.finish()
        case .stop(let consumer, let continuation):
            _ = consumer.finish()
            continuation.resume()
        case .flush(let continuation): continuation.resume()
        case .rollBack, .withdraw, .shutdown: break
        }
    }
}

/// Messages to publish, in order.
struct PublishRequest: Sendable {
    let request: PendingRequest
    let messages: [AMQPMessage]
    let mandatory: Bool
    let continuation: CheckedContinuation<[AMQPPublishOutcome], any Error>
}

/// Messages to stage; their identity from then on is that of the ticket, which is the answer.
struct StageRequest: Sendable {
    let request: PendingRequest
    let messages: [AMQPMessage]
    let mandatory: Bool
    let continuation: CheckedContinuation<UInt64, any Error>
}

/// Staged messages to commit.
struct CommitRequest: Sendable {
    let request: PendingRequest
    let staged: UInt64
    let continuation: CheckedContinuation<[AMQPPublishOutcome], any Error>
}

/// A message to take from a queue.
struct GetRequest: Sendable {
    let request: PendingRequest
    let queue: String
    let continuation: CheckedContinuation<AMQPDelivery?, any Error>
}

/// Synchronous methods to go through in order on the control channel.
struct CallRequest: Sendable {
    let request: PendingRequest
    let steps: [ControlStep]
    let effect: Effect
    let continuation: CheckedContinuation<ControlReply, any Error>

    /// What a success changes in what is declared again after a reconnect.
    enum Effect: Sendable {
        case none
        case remember(AMQPTopology)
        case forget(queue: String)
    }
}

/// A settlement, on its way to the channel that the delivery came from.
struct Settlement: Sendable {
    let channel: ChannelReference
    let tag: UInt64
    let verdict: Disposition
}
