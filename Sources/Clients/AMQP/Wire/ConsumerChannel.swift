import CRabbitMQ
import Logging

/// The channel of one consumer: subscribes, subscribes again after an error or when the broker cancels, and gives back what nobody took when stopped.
final class ConsumerChannel: Channel {
    private enum Stage {
        /// Not subscribed; tries again at this time.
        case resting(until: ContinuousClock.Instant)
        case subscribing
        case consuming
        /// `basic.cancel` is on its way.
        case cancelling
        /// The sequence has ended; the channel stays until what was taken is settled.
        case stopped
        /// All is settled; the broker's answer to a last question shows that it has worked the acknowledgements.
        case leaving
    }

    let consumer: Consumer
    private var stage = Stage.resting(until: .now) { didSet { noteSubscription() } }
    private var isSubscribed = false
    /// The newest delivery that nobody took, while all deliveries behind the last taken one are still the broker's to give back.
    private var untaken: (count: Int, last: UInt64)?
    private var fresh: [AMQPDelivery] = []
    private var backoff: Backoff
    private var complained = false
    private var stoppers: [CheckedContinuation<Void, Never>] = []
    /// Whether the broker has said yes or no to the first attempt.
    private(set) var answered = false

    init(_ number: UInt16, _ session: ConnectionEventLoop, _ consumer: Consumer, retry: ClosedRange<Duration>) {
        self.consumer = consumer
        backoff = Backoff(retry)
        super.init(number, session)
    }

    /// Whether the channel is about to close by itself.
    var isLeaving: Bool { if case .leaving = stage { true } else { phase == .closing } }

    /// When `subscribe()` is due.
    var wakeUp: ContinuousClock.Instant? { if case .resting(let until) = stage { until } else { nil } }

    /// Opens the channel if need be, sets the prefetch and subscribes, all in one go.
    func subscribe() throws {
        stage = .subscribing
        if phase == .closed { try open() }
        let arena = Arena()
        let qos = amqp_basic_qos_t(prefetch_size: 0, prefetch_count: consumer.prefetch, global: 0)
        try writer.method(AMQP_BASIC_QOS_METHOD, qos, channel: number)
        var consume = amqp_basic_consume_t()
        consume.queue = arena.bytes(consumer.queue)
        consume.consumer_tag = arena.bytes(consumer.tag)
        consume.arguments = arena.table(consumer.arguments)
        try writer.method(AMQP_BASIC_CONSUME_METHOD, consume, channel: number)
    }

    /// Ends the subscription; resumes once nothing more will come and what nobody took is on its way back.
    func stop(_ continuation: CheckedContinuation<Void, Never>) throws {
        stoppers.append(continuation)
        switch stage {
        case .cancelling: break
        case .resting, .stopped, .leaving: try finishStop()
        case .subscribing, .consuming:
            stage = .cancelling
            let arena = Arena()
            try writer.method(AMQP_BASIC_CANCEL_METHOD, amqp_basic_cancel_t(consumer_tag: arena.bytes(consumer.tag), nowait: 0), channel: number)
        }
    }

    /// Passes on what came since the last time.
    func handOver() {
        if !fresh.isEmpty { consumer.offer(&fresh) }
    }

    override func didReceive(_ message: IncomingMessage) throws {
        if fresh.isEmpty { session.hasFresh(self) }
        fresh.append(AMQPDelivery(message, on: reference))
    }

    override func didReceive(_ method: amqp_method_t) throws {
        switch method.id {
        case AMQP_BASIC_CONSUME_OK_METHOD:
            guard case .subscribing = stage else { return }
            stage = .consuming
            backoff.reset()
            if complained { session.logger.notice("consuming again", metadata: ["queue": "\(consumer.queue)"]) }
            complained = false
            answered = true
        case AMQP_BASIC_CANCEL_METHOD:
            try rest("the broker cancelled the consumer; the queue was deleted or moved")
            session.declareAgain()
        case AMQP_BASIC_CANCEL_OK_METHOD: try finishStop()
        case AMQP_QUEUE_DECLARE_OK_METHOD: if case .leaving = stage { try close() }
        default: break
        }
    }

    override func didClose(_ error: AMQPError?) throws {
        fresh = []
        consumer.discard()
        switch stage {
        case .stopped, .leaving: session.remove(self)
        case .cancelling: try finishStop()
        case .resting, .subscribing, .consuming:
            try rest(error?.description ?? "the channel was closed")
            if case .notFound = error { session.declareAgain() }
        }
    }

    override func settle(_ tag: UInt64, _ verdict: Disposition) throws {
        try super.settle(tag, verdict)
        try closeWhenSettled()
    }

    private func rest(_ reason: String) throws {
        answered = true
        if isEnding { return }
        if case .cancelling = stage { return try finishStop() }
        if !complained {
            session.logger.warning("cannot consume; trying until it works", metadata: ["queue": "\(consumer.queue)", "reason": "\(reason)"])
        }
        complained = true
        stage = .resting(until: .now + backoff.pause())
    }

    private func finishStop() throws {
        if !isEnding {
            stage = .stopped
            session.supervisor.forget(consumer)
            try giveBack(consumer.finish() + fresh)
            fresh = []
        }
        for stopper in stoppers { stopper.resume() }
        stoppers = []
        if phase == .closed { session.remove(self) } else { try closeWhenSettled() }
    }

    private var isEnding: Bool {
        switch stage {
        case .stopped, .leaving: true
        case .resting, .subscribing, .consuming, .cancelling: false
        }
    }

    /// Gives back what nobody took: a few at once, so that others have them at once; many in one frame, behind the acknowledgement of what was taken.
    ///
    /// A channel of the broker has a limited number of commands to a quorum queue on their way, holds further ones back and loses those when it
    /// is closed. Thousands of rejections in front of the last acknowledgements would have these held back.
    private func giveBack(_ deliveries: [AMQPDelivery]) throws {
        let own = deliveries.filter { $0.channel == reference }
        guard own.count > Self.few, let last = own.last else {
            for delivery in own { try super.settle(delivery.deliveryTag, .reject(requeue: true)) }
            return
        }
        untaken = (own.count, last.deliveryTag)
    }

    /// How many rejections of one delivery each are sent in front of other settlements.
    private static let few = 8

    /// Ends the channel once everything that was taken is settled. A question about the queue comes last: the broker asks the queue itself for
    /// the answer, which has the acknowledgements by then.
    private func closeWhenSettled() throws {
        guard case .stopped = stage, phase == .open else { return }
        if let (count, last) = untaken, tracker.outstanding == count {
            untaken = nil
            try super.settle(last, .nackThrough(requeue: true))
        }
        guard tracker.outstanding == 0 else { return }
        try flushSettlements()
        stage = .leaving
        try ControlStep.inspectQueue(consumer.queue).send(writer, channel: number)
    }

    private func noteSubscription() {
        let isSubscribed = if case .consuming = stage { true } else { false }
        guard isSubscribed != self.isSubscribed else { return }
        self.isSubscribed = isSubscribed
        session.supervisor.status.noteSubscription(of: consumer.queue, by: isSubscribed ? 1 : -1)
    }

    /// The session is over.
    func abandon() {
        stage = .resting(until: .now)
        fresh = []
        consumer.discard()
        guard !stoppers.isEmpty else { return }
        session.supervisor.forget(consumer)
        _ = consumer.finish()
        for stopper in stoppers { stopper.resume() }
        stoppers = []
    }
}
