/// What waits for a connection, and what is set up again on each.
struct PendingRequests {
    var publications = Fifo<PublishOperation>()
    var stagings = Fifo<StageRequest>()
    var jobs = Fifo<ControlJob>()
    var gets = Fifo<GetRequest>()
    var consumers: [Consumer] = []
    var topology: AMQPTopology

    init(topology: AMQPTopology) { self.topology = topology }

    /// Drops a request that its caller has given up.
    mutating func withdraw(_ id: UInt64) {
        let error = CancellationError()
        for operation in publications where operation.request.request.id == id && operation.written == 0 {
            operation.answer(.failure(error))
        }
        publications.removeAll { $0.isAnswered }
        for staging in stagings where staging.request.id == id { staging.continuation.resume(throwing: error) }
        stagings.removeAll { $0.request.id == id }
        for job in jobs where job.request?.id == id { job.completion(.failure(error)) }
        jobs.removeAll { $0.request?.id == id }
        for get in gets where get.request.id == id { get.continuation.resume(throwing: error) }
        gets.removeAll { $0.request.id == id }
    }

    /// Answers those whose time is up; returns when the next one's is.
    mutating func expire(_ now: ContinuousClock.Instant, _ error: AMQPError) -> ContinuousClock.Instant? {
        let operation = publications.expire(now, error)
        publications.removeAll { $0.isAnswered }
        func isOver(_ request: PendingRequest?) -> Bool { request.map { $0.deadline <= now } ?? false }
        for staging in stagings where isOver(staging.request) { staging.continuation.resume(throwing: error) }
        stagings.removeAll { isOver($0.request) }
        for job in jobs where isOver(job.request) { job.completion(.failure(error)) }
        jobs.removeAll { isOver($0.request) }
        for get in gets where isOver(get.request) { get.continuation.resume(throwing: error) }
        gets.removeAll { isOver($0.request) }
        let others = stagings.map(\.request) + jobs.compactMap(\.request) + gets.map(\.request)
        return ([operation] + others.map(\.deadline)).compactMap { $0 }.min()
    }

    /// Fails whatever waits and ends the consumers.
    mutating func fail(_ error: AMQPError) {
        for operation in publications.removeAll() { operation.answer(.failure(error)) }
        for staging in stagings.removeAll() { staging.continuation.resume(throwing: error) }
        for job in jobs.removeAll() { job.completion(.failure(error)) }
        for get in gets.removeAll() { get.continuation.resume(throwing: error) }
        for consumer in consumers { _ = consumer.finish() }
        consumers = []
    }
}
