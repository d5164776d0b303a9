import DequeModule

/// What waits for a connection, and what is set up again on each.
struct PendingRequests {
    var publications = Deque<PublishBatch<Publisher>>()
    var stagings = Deque<StageRequest>()
    var jobs = Deque<ControlJob>()
    var gets = Deque<ControlJob>()
    var consumers: [Consumer] = []
    var topology: AMQPTopology

    init(topology: AMQPTopology) { self.topology = topology }

    /// Drops a request that its caller has given up, unless a part of it was sent.
    mutating func withdraw(_ id: UInt64) {
        fail(CancellationError()) { $0.id == id && ($0 as? PublishBatch<Publisher>)?.isUntouched ?? true }
    }

    /// Answers those whose time is up; returns when the next one's is.
    mutating func expire(_ now: ContinuousClock.Instant, _ error: AMQPError) -> ContinuousClock.Instant? {
        fail(error) { $0.deadline <= now }
        return [publications.nextDeadline, stagings.nextDeadline, jobs.nextDeadline, gets.nextDeadline].compactMap { $0 }.min()
    }

    /// Fails whatever waits and ends the consumers.
    mutating func fail(_ error: AMQPError) {
        fail(error) { _ in true }
        for consumer in consumers { _ = consumer.finish() }
        consumers = []
    }

    private mutating func fail(_ error: any Error, where condition: (any PendingRequest) -> Bool) {
        publications.fail(error, where: condition)
        stagings.fail(error, where: condition)
        jobs.fail(error, where: condition)
        gets.fail(error, where: condition)
    }
}

extension Deque where Element: PendingRequest {
    fileprivate var nextDeadline: ContinuousClock.Instant? { lazy.map(\.deadline).min() }

    fileprivate mutating func fail(_ error: any Error, where condition: (any PendingRequest) -> Bool) {
        for request in self where condition(request) { request.fail(error) }
        removeAll(where: condition)
    }
}

extension PublishBatch: PendingRequest where Caller == Publisher {
    func fail(_ error: any Error) { caller.resume(throwing: error) }
}
