import CRabbitMQ

/// Steps for a channel of synchronous methods and who waits for them.
struct ControlJob: PendingRequest {
    let id: UInt64
    let deadline: ContinuousClock.Instant
    let steps: [ControlStep]
    let completion: (Result<ControlReply, any Error>) -> Void

    func fail(_ error: any Error) { completion(.failure(error)) }
}

/// A channel for synchronous methods: declarations, inspections and removals, or `basic.get`. One job at a time, the steps of a job all in one go.
final class ControlChannel: Channel {
    private let nextJob: (ConnectionEventLoop) -> ControlJob?
    private var current: ControlJob?
    private var answers = 0

    init(_ number: UInt16, _ session: ConnectionEventLoop, nextJob: @escaping (ConnectionEventLoop) -> ControlJob?) {
        self.nextJob = nextJob
        super.init(number, session)
    }

    /// Starts the next job if there is one and none is under way.
    func pump() throws {
        while current == nil, phase != .closing, let job = nextJob(session) {
            guard !job.steps.isEmpty else {
                job.completion(.success(.done))
                continue
            }
            current = job
            answers = 0
            if phase == .closed { try open() }
            for step in job.steps { try step.send(writer, channel: number) }
        }
    }

    override func didReceive(_ method: amqp_method_t) throws {
        if let reply = try ControlReply(method) { answer(reply) }
    }

    /// What `basic.get` asked for; its deliveries are settled like any other.
    override func didReceive(_ message: IncomingMessage) throws {
        let delivery = AMQPDelivery(message, on: reference)
        if !answer(.delivery(delivery)) { try settle(delivery.deliveryTag, .reject(requeue: true)) }
    }

    /// False when nobody waits for it.
    @discardableResult
    private func answer(_ reply: ControlReply) -> Bool {
        guard let job = current else { return false }
        answers += 1
        if answers == job.steps.count {
            current = nil
            job.completion(.success(reply))
        }
        return true
    }

    override func didClose(_ error: AMQPError?) throws { abandon(error ?? .connectionLost(reason: "the channel was closed")) }

    /// A late answer must not be taken for the next one's, and their order is all there is to tell them apart: the channel is closed, which gives
    /// messages of `basic.get` back.
    func expire(_ now: ContinuousClock.Instant) throws -> ContinuousClock.Instant? {
        guard let deadline = current?.deadline, deadline <= now else { return current?.deadline }
        abandon(.timeout("declaring, inspecting, removing or getting"))
        if phase == .open || phase == .opening { try close() }
        return nil
    }

    /// Fails the job under way.
    func abandon(_ error: AMQPError) {
        let job = current
        current = nil
        job?.fail(error)
    }
}
