import CRabbitMQ

/// Steps for the control channel and who waits for them.
struct ControlJob {
    let request: PendingRequest?
    let steps: [ControlStep]
    let completion: (Result<ControlReply, any Error>) -> Void
}

/// The channel for declarations, inspections and removals: one job at a time, the steps of a job all in one go.
final class ControlChannel: Channel {
    private var current: ControlJob?
    private var answers = 0

    /// Starts the next job if there is one and none is under way.
    func pump() throws {
        while current == nil, phase != .closing, let job = session.nextControlJob() {
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
        guard let job = current, let reply = try ControlReply(method) else { return }
        answers += 1
        guard answers == job.steps.count else { return }
        current = nil
        job.completion(.success(reply))
    }

    override func didClose(_ error: AMQPError?) throws { abandon(error ?? .connectionLost(reason: "the channel was closed")) }

    /// An answer that does not come means that the broker hangs; the order of answers is all there is to tell them apart.
    func expire(_ now: ContinuousClock.Instant) throws -> ContinuousClock.Instant? {
        guard let deadline = current?.request?.deadline else { return nil }
        guard deadline <= now else { return deadline }
        abandon(.timeout("declaring, inspecting or removing"))
        if phase == .open || phase == .opening { try close() }
        return nil
    }

    /// Fails the job under way.
    func abandon(_ error: AMQPError) {
        let job = current
        current = nil
        job?.completion(.failure(error))
    }
}
