/// What waits for a connection, and what is set up again on each.
struct Backlog {
    var publications = Fifo<Publication>()
    var stagings = Fifo<StageRequest>()
    var jobs = Fifo<ControlJob>()
    var gets = Fifo<GetRequest>()
    var consumers: [Consumer] = []
    var topology: AMQPTopology

    init(topology: AMQPTopology) { self.topology = topology }

    /// Drops a request that its caller has given up.
    mutating func withdraw(_ id: UInt64) {
        let error = CancellationError()
        for publication in publications where publication.request.ticket.id == id && publication.written == 0 {
            publication.answer(.failure(error))
        }
        publications.removeAll { $0.isAnswered }
        for staging in stagings where staging.ticket.id == id { staging.continuation.resume(throwing: error) }
        stagings.removeAll { $0.ticket.id == id }
        for job in jobs where job.ticket?.id == id { job.completion(.failure(error)) }
        jobs.removeAll { $0.ticket?.id == id }
        for get in gets where get.ticket.id == id { get.continuation.resume(throwing: error) }
        gets.removeAll { $0.ticket.id == id }
    }

    /// Answers those whose time is up; returns when the next one's is.
    mutating func expire(_ now: ContinuousClock.Instant, _ error: AMQPError) -> ContinuousClock.Instant? {
        let publication = publications.expire(now, error)
        publications.removeAll { $0.isAnswered }
        func isOver(_ ticket: Ticket?) -> Bool { ticket.map { $0.deadline <= now } ?? false }
        for staging in stagings where isOver(staging.ticket) { staging.continuation.resume(throwing: error) }
        stagings.removeAll { isOver($0.ticket) }
        for job in jobs where isOver(job.ticket) { job.completion(.failure(error)) }
        jobs.removeAll { isOver($0.ticket) }
        for get in gets where isOver(get.ticket) { get.continuation.resume(throwing: error) }
        gets.removeAll { isOver($0.ticket) }
        let others = stagings.map(\.ticket) + jobs.compactMap(\.ticket) + gets.map(\.ticket)
        return ([publication] + others.map(\.deadline)).compactMap { $0 }.min()
    }

    /// Fails whatever waits and ends the consumers.
    mutating func fail(_ error: AMQPError) {
        for publication in publications.removeAll() { publication.answer(.failure(error)) }
        for staging in stagings.removeAll() { staging.continuation.resume(throwing: error) }
        for job in jobs.removeAll() { job.completion(.failure(error)) }
        for get in gets.removeAll() { get.continuation.resume(throwing: error) }
        for consumer in consumers { _ = consumer.finish() }
        consumers = []
    }
}
