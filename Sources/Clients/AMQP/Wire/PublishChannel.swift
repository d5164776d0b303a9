import CRabbitMQ

/// The channel that all messages are published on, with publisher confirms (https://www.rabbitmq.com/confirms.html).
final class PublishChannel: Channel {
    /// Written, at least in part, and not completely confirmed; in the order of their numbers.
    private var inFlight = Fifo<PublishOperation>()
    private var current: PublishOperation?
    private lazy var messages = MessageWriter(writer, channel: number)
    private var nextSequence: UInt64 = 1
    private var lastReturned: UInt64 = 0
    private var inConfirmMode = false

    /// Bytes written before the session looks after its other work.
    private static let quota = 512 * 1024

    /// Writes what waits as far as the socket takes it; true when it could go on at once.
    func pump() throws -> Bool {
        guard messages.isInsideMessage || !(current?.isWritten ?? true) || !session.pending.publications.isEmpty else { return false }
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
            } else if let operation = nextPublication() {
                written += try write(operation)
            } else {
                return false
            }
        }
        return true
    }

    /// The one with messages still to be written: the current one, or the next that waits. Only for writing at once: what is taken from the backlog
    /// and not written would be forgotten with the channel.
    private func nextPublication() -> PublishOperation? {
        while current?.isWritten ?? true {
            current = session.pending.publications.popFirst()
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

    private func write(_ operation: PublishOperation) throws -> Int {
        if operation.written == 0 { inFlight.append(operation) }
        let message = operation.writeNext(sequence: nextSequence)
        nextSequence += 1
        return try messages.write(message, mandatory: operation.request.mandatory)
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
                guard let operation = inFlight[position], operation.firstSequence <= sequence else { break }
                operation.settle(through: sequence, outcome)
            }
        } else {
            operation(of: sequence)?.settle(sequence, outcome)
        }
        dropFinished()
    }

    private func dropFinished() {
        while inFlight.first?.isFinished ?? false { _ = inFlight.popFirst() }
    }

    private func operation(of sequence: UInt64) -> PublishOperation? {
        var low = 0
        var high = inFlight.count
        while low < high {
            let middle = (low + high) / 2
            if let candidate = inFlight[middle], candidate.firstSequence <= sequence { low = middle + 1 } else { high = middle }
        }
        guard low > 0, let operation = inFlight[low - 1], operation.contains(sequence) else { return nil }
        return operation
    }

    /// Messages come back in the order in which they were published, each before its confirm; the broker does not say which number it had.
    override func didReceive(_ message: IncomingMessage) throws {
        for exactly in [true, false] {
            for operation in inFlight {
                guard let sequence = operation.noteReturn(message, after: lastReturned, exactly: exactly) else { continue }
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
        var again: [PublishOperation] = []
        for operation in affected {
            if meant.isEmpty || meant.contains(where: { $0 === operation }) {
                operation.answer(.failure(error))
            } else {
                operation.startOver()
                again.append(operation)
            }
        }
        session.pending.publications.prepend(contentsOf: again)
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
        for operation in inFlight.removeAll() { operation.answer(.failure(error)) }
    }
}

extension Fifo<PublishOperation> {
    /// Answers those whose time is up; returns when the next one's is.
    func expire(_ now: ContinuousClock.Instant, _ error: AMQPError) -> ContinuousClock.Instant? {
        var next: ContinuousClock.Instant?
        for operation in self where !operation.isAnswered {
            let deadline = operation.request.request.deadline
            if deadline <= now { operation.answer(.failure(error)) } else { next = Swift.min(next ?? deadline, deadline) }
        }
        return next
    }
}
