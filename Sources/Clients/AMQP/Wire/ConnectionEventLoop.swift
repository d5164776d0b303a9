import CRabbitMQ
import Glibc
import Logging

/// One connection to the broker from login to loss: the event loop and the channels. Everything happens on the connection's thread.
final class ConnectionEventLoop {
    let writer: FrameWriter
    private let handle: BrokerHandle
    private unowned let wire: ConnectionSupervisor
    private var channels: [UInt16: Channel] = [:]
    private lazy var publishing = PublishChannel(1, self)
    private(set) lazy var transactions = TransactionChannels(self)
    private lazy var control = ControlChannel(2, self)
    private lazy var getting = GetChannel(3, self)
    private var consuming: [ConsumerChannel] = []
    private var withFresh: [ConsumerChannel] = []
    private var flushes: [CheckedContinuation<Void, Never>] = []
    private var stage = Stage.declaring
    private var blockedReason: String? { didSet { wire.status.blockedReason = blockedReason } }
    private var mustDeclare = false
    private var lastReceived = ContinuousClock.now
    /// There is more to read or write than one round took.
    private var isBusy = false

    /// Until when channels may close before the connection does, once it is to close.
    private var lastCall: ContinuousClock.Instant?

    private enum Stage: Equatable {
        /// Topology and first subscriptions are on their way.
        case declaring, subscribing
        case ready
        /// `connection.close` is on its way; waits for the answer until then.
        case closing(until: ContinuousClock.Instant)
        case closed
    }

    init(_ handle: BrokerHandle, _ wire: ConnectionSupervisor) {
        self.handle = handle
        self.wire = wire
        writer = FrameWriter(handle)
        for channel in [publishing, control, getting] { channels[channel.number] = channel }
    }

    var logger: Logger { wire.logger }
    var pending: PendingRequests {
        get { wire.pending }
        _modify { yield &wire.pending }
    }
    func nextEpoch() -> UInt64 { wire.nextEpoch() }

    // MARK: The loop

    /// Runs until the connection is lost (throws `ConnectionLost`), the topology cannot be declared (throws `AMQPError`) or it was closed as asked.
    func run() throws {
        declare()
        while stage != .closed {
            let now = ContinuousClock.now
            try wire.drainCommands(self)
            if wire.isStopping { try beginClosing(now) }
            try work(now)
            if stage != .closed, try wait() { try read() }
        }
    }

    private func work(_ now: ContinuousClock.Instant) throws {
        if case .failure(let error) = declared { throw error }
        try control.pump()
        if stage == .subscribing, consuming.allSatisfy(\.answered) { becomeReady() }
        if stage != .declaring {
            for channel in consuming { if let due = channel.wakeUp, due <= now { try channel.subscribe() } }
            try getting.pump()
            if blockedReason == nil {
                // First, because a commit has an instant.
                isBusy = try transactions.pump() || isBusy
                isBusy = try publishing.pump() || isBusy
            }
        }
        try getting.flushSettlements()
        for channel in consuming { try channel.flushSettlements() }
        try keepAlive(now)
        try writer.flush()
        if writer.isEmpty, !flushes.isEmpty {
            for flush in flushes { flush.resume() }
            flushes = []
        }
        for channel in withFresh { channel.handOver() }
        withFresh.removeAll(keepingCapacity: true)
        try wire.expire(now, self)
    }

    /// Waits for the socket, mail or the next thing that is due; true when there may be something to read.
    private func wait() throws -> Bool {
        var descriptors = (
            pollfd(fd: handle.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wire.commandQueue.descriptor, events: Int16(POLLIN), revents: 0)
        )
        if !writer.isEmpty { descriptors.0.events |= Int16(POLLOUT) }
        let timeout = isBusy ? 0 : milliseconds(until: nextDue())
        let status = withUnsafeMutableBytes(of: &descriptors) { poll($0.baseAddress?.assumingMemoryBound(to: pollfd.self), 2, timeout) }
        guard status >= 0 || errno == EINTR else { throw ConnectionLost(reason: String(cString: strerror(errno))) }
        if descriptors.1.revents != 0 { wire.commandQueue.resetWakeUp() }
        let isReadable = descriptors.0.revents & ~Int16(POLLOUT) != 0
        if isReadable { lastReceived = .now }
        return isReadable || isBusy
    }

    private func nextDue() -> ContinuousClock.Instant? {
        var due = wire.nextExpiry
        func consider(_ instant: ContinuousClock.Instant?) {
            if let instant { due = min(due ?? instant, instant) }
        }
        if handle.heartbeat > .zero {
            consider(writer.lastSent + handle.heartbeat / 2)
            consider(lastReceived + handle.heartbeat * 2)
        }
        if stage != .declaring { for channel in consuming { consider(channel.wakeUp) } }
        if case .closing(let until) = stage { consider(until) } else { consider(lastCall) }
        return due
    }

    private func keepAlive(_ now: ContinuousClock.Instant) throws {
        if case .closing(let until) = stage, until <= now { stage = .closed }
        guard handle.heartbeat > .zero else { return }
        if lastReceived + handle.heartbeat * 2 <= now { throw ConnectionLost(reason: "nothing heard for two heartbeats") }
        if writer.isEmpty, writer.lastSent + handle.heartbeat / 2 <= now { try writer.heartbeat() }
    }

    /// Takes what has arrived, at most a few thousand frames before the rest of the work has its turn.
    private func read() throws {
        var frame = amqp_frame_t()
        var immediately = timeval()
        isBusy = false
        for _ in 0..<4096 {
            let status = amqp_simple_wait_frame_noblock(handle.state, &frame, &immediately)
            if status == AMQP_STATUS_TIMEOUT.rawValue { return }
            guard status == AMQP_STATUS_OK.rawValue else { throw ConnectionLost(reason: BrokerHandle.describe(status)) }
            if frame.channel == 0 { try receive(frame) } else { try channels[frame.channel]?.receive(frame) }
            amqp_maybe_release_buffers_on_channel(handle.state, frame.channel)
            if stage == .closed { return }
            // On a plain socket poll tells of what is left in the kernel; TLS may hold records that poll does not see.
            if !handle.isTLS, amqp_data_in_buffer(handle.state) == 0 { return }
        }
        isBusy = true
    }

    /// A frame of channel 0: the connection itself.
    private func receive(_ frame: amqp_frame_t) throws {
        guard Int32(frame.frame_type) == AMQP_FRAME_METHOD else { return }
        let method = frame.payload.method
        switch method.id {
        case AMQP_CONNECTION_CLOSE_METHOD:
            let close = try method.fields(as: amqp_connection_close_t.self)
            let reason = "\(close.reply_code) \(String(wire: close.reply_text))"
            try writer.method(AMQP_CONNECTION_CLOSE_OK_METHOD, amqp_connection_close_ok_t(), channel: 0)
            try writer.flush()
            throw ConnectionLost(reason: reason)
        case AMQP_CONNECTION_CLOSE_OK_METHOD: stage = .closed
        case AMQP_CONNECTION_BLOCKED_METHOD:
            blockedReason = String(wire: try method.fields(as: amqp_connection_blocked_t.self).reason)
            logger.warning("the broker takes no messages for now", metadata: ["reason": "\(blockedReason ?? "")"])
        case AMQP_CONNECTION_UNBLOCKED_METHOD:
            blockedReason = nil
            logger.notice("the broker takes messages again")
        default: break
        }
    }

    // MARK: Coming and going

    private var topologyJob: ControlJob?
    private var declared: Result<ControlReply, any Error>?

    private func declare() {
        let request = wire.commandQueue.request(timeout: wire.configuration.connectTimeout + .seconds(10))
        topologyJob = ControlJob(request: request, steps: pending.topology.steps) { [unowned self] result in
            declared = result
            guard case .success = result else { return }
            stage = .subscribing
            for consumer in pending.consumers { start(consumer) }
        }
        wire.watch(request)
    }

    /// Declares the topology once more, because something of it turned out to be gone.
    func declareAgain() { mustDeclare = stage != .declaring }

    /// Made when its turn has come, so that a queue which was deleted on purpose is forgotten by then.
    private func declarationJob() -> ControlJob {
        mustDeclare = false
        let request = wire.commandQueue.request(timeout: .seconds(30))
        wire.watch(request)
        return ControlJob(request: request, steps: pending.topology.steps) { [unowned self] result in
            guard case .failure(let error) = result else { return }
            logger.warning("cannot declare queues and exchanges again", error: error)
        }
    }

    private func becomeReady() {
        stage = .ready
        wire.didConnect()
    }

    /// Closes the connection, politely: consumers that are stopped and settled have their channels closed before, because the broker may drop
    /// acknowledgements that it still holds when a channel goes.
    private func beginClosing(_ now: ContinuousClock.Instant) throws {
        if case .closing = stage { return }
        let limit = lastCall ?? now + .seconds(1)
        lastCall = limit
        try getting.flushSettlements()
        for channel in consuming { try channel.flushSettlements() }
        guard limit <= now || !consuming.contains(where: \.isLeaving) else { return }
        stage = .closing(until: now + .seconds(1))
        var close = amqp_connection_close_t()
        close.reply_code = UInt16(AMQP_REPLY_SUCCESS)
        try writer.method(AMQP_CONNECTION_CLOSE_METHOD, close, channel: 0)
    }

    /// Answers everyone whose request was under way.
    func abandon(_ error: AMQPError) {
        publishing.abandon(error)
        transactions.abandon(error)
        control.abandon(error)
        getting.abandon(error)
        for channel in consuming { channel.abandon() }
        for flush in flushes { flush.resume() }
        blockedReason = nil
    }

    // MARK: For the channels

    /// The topology comes first; then what others asked for.
    func nextControlJob() -> ControlJob? {
        if let job = topologyJob.take() { return job }
        if stage == .declaring { return nil }
        return mustDeclare ? declarationJob() : pending.jobs.popFirst()
    }

    /// The first number that no channel has; nil when the broker allows no more channels.
    func freeNumber() -> UInt16? { (4...UInt16(clamping: max(4, handle.channelMax))).first { channels[$0] == nil } }

    func add(_ channel: Channel) { channels[channel.number] = channel }

    func hasFresh(_ channel: ConsumerChannel) { withFresh.append(channel) }

    func forget(_ consumer: Consumer) { pending.consumers.removeAll { $0 === consumer } }

    func noteSubscription(of queue: String, by change: Int) { wire.status.noteSubscription(of: queue, by: change) }

    func remove(_ channel: ConsumerChannel) {
        channels[channel.number] = nil
        consuming.removeAll { $0 === channel }
    }

    /// What the broker's reply code means.
    func error(code: Int, text: String) -> AMQPError {
        switch Int32(code) {
        case AMQP_ACCESS_REFUSED: .accessRefused(user: wire.configuration.user, vhost: wire.configuration.vhost, text: text)
        case AMQP_NOT_FOUND: .notFound(text)
        case AMQP_PRECONDITION_FAILED: .preconditionFailed(text)
        default: .refused(code: code, text: text)
        }
    }

    // MARK: For the mail

    func settle(_ settlement: Settlement) throws {
        guard let channel = channels[settlement.channel.number], channel.reference == settlement.channel else { return }
        try channel.settle(settlement.tag, settlement.verdict)
    }

    /// Subscribes as soon as the topology is there.
    func start(_ consumer: Consumer) {
        guard stage != .declaring else { return }
        guard let number = freeNumber() else {
            logger.error("no channel left for a consumer", metadata: ["queue": "\(consumer.queue)", "channel_max": "\(handle.channelMax)"])
            return
        }
        let channel = ConsumerChannel(number, self, consumer, retry: wire.configuration.reconnectDelay)
        add(channel)
        consuming.append(channel)
    }

    /// False when there is no such consumer here.
    func stop(_ consumer: Consumer, _ continuation: CheckedContinuation<Void, Never>) throws -> Bool {
        guard let channel = consuming.first(where: { $0.consumer === consumer }) else { return false }
        try channel.stop(continuation)
        return true
    }

    func flush(_ continuation: CheckedContinuation<Void, Never>) { flushes.append(continuation) }

    /// Answers requests under way whose time is up; returns when the next one's is.
    func expire(_ now: ContinuousClock.Instant, _ error: AMQPError) throws -> ContinuousClock.Instant? {
        [publishing.expire(now, error), try transactions.expire(now, error), try control.expire(now), try getting.expire(now)].compactMap { $0 }.min()
    }

    /// Why a request got no answer in time.
    var timeoutError: AMQPError { blockedReason.map(AMQPError.blocked) ?? .timeout("the request was sent or waits to be sent") }
}

/// For `poll`: rounded up, so that what is due is due when it returns; -1 for ever.
func milliseconds(until instant: ContinuousClock.Instant?) -> Int32 {
    guard let instant else { return -1 }
    let (seconds, attoseconds) = ContinuousClock.now.duration(to: instant).components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
}
