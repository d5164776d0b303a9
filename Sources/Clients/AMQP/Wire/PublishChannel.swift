import CRabbitMQ

/// The channel that all messages are published on, with publisher confirms (https://www.rabbitmq.com/confirms.html).
final class PublishChannel: Channel {
    /// Written, at least in part, and not completely confirmed; in the order of their numbers.
    private var inFlight = Fifo<Publication>()
    private var current: Publication?
    private lazy var messages = MessageWriter(writer, channel: number)
    private var nextSequence: UInt64 = 1
    private var lastReturned: UInt64 = 0
    private var inConfirmMode = false

    /// Bytes written before the session looks after its other work.
    private static let quota = 512 * 1024

    /// Writes what waits as far as the socket takes it; true when it could go on at once.
    func pump() throws -> Bool {
        guard messages.isInsideMessage || !(current?.isWritten ?? true) || !session.backlog.publications.isEmpty else { return false }
        if phase == .closed { try openInConfirmMode() }
        guard inConfirmMode else { return false }
        var written = 0
        while written < Self.quota {
            if !writer.hasRoom {
                try writer.flush()
                guard writer.hasRoom else { return false }
            }
            if messages.isInsideMessage {
                written += try messages.writePiece()
            } else if let publication = nextPublication() {
                written += try write(publication)
            } else {
                return false
            }
        }
        return true
    }

    /// The one with messages still to be written: the current one, or the next that waits. Only for writing at once: what is taken from the backlog
    /// and not written would be forgotten with the channel.
    private func nextPublication() -> Publication? {
        while current?.isWritten ?? true {
            current = session.backlog.publications.popFirst()
            if current == nil { return nil }
        }
        return current
    }

    private func openInConfirmMode() throws {
        try open()
        nextSequence = 1
        lastReturned = 0
        try writer.method(AMQP_CONFIRM_SELECT_METHOD, amqp_confirm_select_t(), channel: number)
    }

    private func write(_ publication: Publication) throws -> Int {
        if publication.written == 0 { inFlight.append(publication) }
        let message = publication.writeNext(sequence: nextSequence)
        nextSequence += 1
        return try messages.write(message, mandatory: publication.request.mandatory)
    }

    override func didReceive(_ method: amqp_method_t) throws {
        switch method.id {
        case AMQP_CONFIRM_SELECT_OK_METHOD: inConfirmMode = true
        case AMQP_BASIC_ACK_METHOD:
            let ack = try method.fields(as: amqp_basic_ack_t.self)
            settle(ack.delivery_tag, multiple: ack.multiple != 0, .confirmed)
        case AMQP_BASIC_NACK_METHOD:
            let nack = try method.fields(as: amqp_basic_nack_t.self)
            settle(nack.delivery_tag, multiple: nack.multiple != 0, .rejected)
        default: break
        }
    }

    private func settle(_ sequence: UInt64, multiple: Bool, _ outcome: AMQPPublishOutcome) {
        if multiple {
            for position in 0..<inFlight.count {
                guard let publication = inFlight[position], publication.firstSequence <= sequence else { break }
                publication.settle(through: sequence, outcome)
            }
        } else {
            publication(of: sequence)?.settle(sequence, outcome)
        }
        dropFinished()
    }

    private func dropFinished() {
        while inFlight.first?.isFinished ?? false { _ = inFlight.popFirst() }
    }

    private func publication(of sequence: UInt64) -> Publication? {
        var low = 0
        var high = inFlight.count
        while low < high {
            let middle = (low + high) / 2
            if let candidate = inFlight[middle], candidate.firstSequence <= sequence { low = middle + 1 } else { high = middle }
        }
        guard low > 0, let publication = inFlight[low - 1], publication.contains(sequence) else { return nil }
        return publication
    }

    /// Messages come back in the order in which they were published, each before its confirm; the broker does not say which number it had.
    override func didReceive(_ message: IncomingMessage) throws {
        for exactly in [true, false] {
            for publication in inFlight {
                guard let sequence = publication.noteReturn(message, after: lastReturned, exactly: exactly) else { continue }
                lastReturned = sequence
                return
            }
        }
    }

    /// The broker closes the channel for one message it refuses; the publications that it does not mean are written again.
    override func didClose(_ error: AMQPError?) throws {
        inConfirmMode = false
        messages.reset()
        if case .notFound = error { session.declareAgain() }
        current = nil
        let affected = inFlight.removeAll().filter { !$0.isAnswered }
        let error = error ?? .connectionLost(reason: "the channel was closed")
        let meant = affected.filter { $0.isMeant(by: error.description) }
        var again: [Publication] = []
        for publication in affected {
            if meant.isEmpty || meant.contains(where: { $0 === publication }) {
                publication.answer(.failure(error))
            } else {
                publication.startOver()
                again.append(publication)
            }
        }
        session.backlog.publications.prepend(contentsOf: again)
    }

    /// Answers the publications whose time is up; returns when the next one's is.
    func expire(_ now: ContinuousClock.Instant, _ error: AMQPError) -> ContinuousClock.Instant? {
        let next = inFlight.expire(now, error)
        dropFinished()
        return next
    }

    /// The session is over.
    func abandon(_ error: AMQPError) {
        current = nil
        for publication in inFlight.removeAll() { publication.answer(.failure(error)) }
    }
}

extension Fifo<Publication> {
    /// Answers those whose time is up; returns when the next one's is.
    func expire(_ now: ContinuousClock.Instant, _ error: AMQPError) -> ContinuousClock.Instant? {
        var next: ContinuousClock.Instant?
        for publication in self where !publication.isAnswered {
            let deadline = publication.request.ticket.deadline
            if deadline <= now { publication.answer(.failure(error)) } else { next = Swift.min(next ?? deadline, deadline) }
        }
        return next
    }
}
