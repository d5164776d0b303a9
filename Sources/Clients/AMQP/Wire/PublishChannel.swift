import CRabbitMQ
import DequeModule

/// Who waits for the outcomes of a publication.
typealias Publisher = CheckedContinuation<[AMQPPublishOutcome], any Error>

/// The channel that all messages are published on, with publisher confirms.
final class PublishChannel: Channel {
    private var machine = PublishStateMachine<Publisher>()
    private lazy var messages = MessageWriter(writer, channel: number)
    private var inConfirmMode = false

    /// Writes what waits as far as the socket takes it; true when it could go on at once.
    func pump() throws -> Bool {
        guard messages.isInsideMessage || machine.hasUnwritten || !session.pending.publications.isEmpty else { return false }
        if phase == .closed { try openInConfirmMode() }
        guard inConfirmMode else { return false }
        return try messages.pump {
            // Taken for writing at once: what is taken from the backlog and not written would be forgotten with the channel.
            if !machine.hasUnwritten, let next = session.pending.publications.popFirst() { machine.begin(next) }
            return try machine.writeNext().map { try messages.write($0.message, mandatory: $0.mandatory) }
        }
    }

    private func openInConfirmMode() throws {
        try open()
        machine.opened()
        try writer.method(AMQP_CONFIRM_SELECT_METHOD, amqp_confirm_select_t(), channel: number)
    }

    override func didReceive(_ method: amqp_method_t) throws {
        switch method.id {
        case AMQP_CONFIRM_SELECT_OK_METHOD: inConfirmMode = true
        case AMQP_BASIC_ACK_METHOD:
            let ack = try method.fields(as: amqp_basic_ack_t.self)
            machine.settle(ack.delivery_tag, multiple: ack.multiple != 0, .confirmed)
        case AMQP_BASIC_NACK_METHOD:
            let nack = try method.fields(as: amqp_basic_nack_t.self)
            machine.settle(nack.delivery_tag, multiple: nack.multiple != 0, .rejected)
        default: break
        }
        answer()
    }

    override func didReceive(_ message: IncomingMessage) throws { machine.returned(message) }

    override func didClose(_ error: AMQPError?) throws {
        inConfirmMode = false
        messages.reset()
        if case .notFound = error { session.declareAgain() }
        session.pending.publications.prepend(contentsOf: machine.closed(error ?? .connectionLost(reason: "the channel was closed")))
        answer()
    }

    /// Answers the publications whose time is up; returns when the next one's is.
    func expire(_ now: ContinuousClock.Instant, _ error: AMQPError) -> ContinuousClock.Instant? {
        defer { answer() }
        return machine.expire(now, error)
    }

    /// The session is over.
    func abandon(_ error: AMQPError) {
        machine.abandon(error)
        answer()
    }

    private func answer() {
        for (caller, result) in machine.answers { caller.resume(with: result) }
        machine.answers.removeAll(keepingCapacity: true)
    }
}
