import ClientSupport
import Synchronization

/// What somebody waits for, and until when.
struct Request<Answer: Sendable>: Sendable {
    let id: UInt64
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<Answer, any Error>
}

/// What has an identity, a deadline and somebody who waits for it.
protocol PendingRequest {
    var id: UInt64 { get }
    var deadline: ContinuousClock.Instant { get }
    func fail(_ error: any Error)
}

/// Identities of requests and consumers, never used twice.
enum RequestID {
    private static let last = Atomic<UInt64>(0)

    static func next() -> UInt64 { last.wrappingAdd(1, ordering: .relaxed).newValue }
}

/// What the outside asks of the thread that owns the connection.
enum Command: Sendable {
    case publish(PublishRequest)
    case stage(StageRequest)
    case commit(CommitRequest)
    /// Drops what was staged under this identity.
    case rollBack(UInt64)
    case call(CallRequest)
    case get(CallRequest)
    /// Dropped without a connection to settle on, since the broker delivers again.
    case settle(Settlement)
    case start(Consumer)
    case stop(Consumer, CheckedContinuation<Void, Never>)
    case flush(CheckedContinuation<Void, Never>)
    /// The caller's task was cancelled: drop the request if nothing of it was sent.
    case withdraw(UInt64)
    case shutdown

    var request: (any PendingRequest)? {
        switch self {
        case .publish(let request): request
        case .stage(let request): request
        case .commit(let request): request
        case .call(let request), .get(let request): request
        case .rollBack, .settle, .start, .stop, .flush, .withdraw, .shutdown: nil
        }
    }

    /// Answers without the thread.
    func fail(_ error: any Error) {
        switch self {
        case .start(let consumer): _ = consumer.finish()
        case .stop(let consumer, let continuation):
            _ = consumer.finish()
            continuation.resume()
        case .flush(let continuation): continuation.resume()
        default: request?.fail(error)
        }
    }
}

extension CommandQueue<Command> {
    /// Leaves a command; answers it with `AMQPError.closed` when nobody will look any more.
    func post(orFail command: Command) {
        if !post(command) { command.fail(AMQPError.closed) }
    }

    /// Fails a request at once when the thread has not seen it; false otherwise.
    func fail(_ id: UInt64, _ error: any Error) -> Bool {
        guard let unseen = takeBack(where: { $0.request?.id == id }) else { return false }
        unseen.fail(error)
        return true
    }
}

/// A request with more to it than its answer.
protocol CommandRequest: PendingRequest, Sendable {
    associatedtype Answer: Sendable
    var request: Request<Answer> { get }
}

extension CommandRequest {
    var id: UInt64 { request.id }
    var deadline: ContinuousClock.Instant { request.deadline }
    func fail(_ error: any Error) { request.continuation.resume(throwing: error) }
}

/// Messages to publish, in order.
struct PublishRequest: CommandRequest {
    let request: Request<[AMQPPublishOutcome]>
    let messages: [AMQPMessage]
    let mandatory: Bool
}

/// Messages to stage; their identity from then on is that of the request, which is the answer.
struct StageRequest: CommandRequest {
    let request: Request<UInt64>
    let messages: [AMQPMessage]
    let mandatory: Bool
}

/// Staged messages to commit.
struct CommitRequest: CommandRequest {
    let request: Request<[AMQPPublishOutcome]>
    let staged: UInt64
}

/// Synchronous methods to go through in order, on the control channel or that of `basic.get`.
struct CallRequest: CommandRequest {
    let request: Request<ControlReply>
    let steps: [ControlStep]
    var effect = Effect.none

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
