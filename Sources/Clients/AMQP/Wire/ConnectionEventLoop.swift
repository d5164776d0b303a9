import CRabbitMQ
import DequeModule
import Glibc
import Logging

/// One connection to the broker from login to loss: the event loop and the channels. Everything happens on the connection's thread.
final class ConnectionEventLoop {
    let writer: FrameWriter
    private let handle: BrokerHandle
    unowned let supervisor: ConnectionSupervisor
    private var machine: ConnectionStateMachine
    private var channels: [UInt16: Channel] = [:]
    private lazy var publishing = PublishChannel(1, self)
    private(set) lazy var transactions = TransactionChannels(self)
    private lazy var control = ControlChannel(2, self) { $0.nextControlJob() }
    /// A channel of its own: what goes wrong on it gives unsettled messages of `basic.get` back.
    private lazy var getting = ControlChannel(3, self) { $0.pending.gets.popFirst() }
    private var consuming: [ConsumerChannel] = []
    private var withFresh: [ConsumerChannel] = []
    private var flushes: [CheckedContinuation<Void, Never>] = []
    private var blockedReason: String? { didSet { supervisor.status.blockedReason = blockedReason } }
    private var topologyJob: ControlJob?
    private var topologyError: (any Error)?
    private var mustDeclare = false
    /// There is more to read or write than one round took.
    private var isBusy = false

    init(_ handle: BrokerHandle, _ supervisor: ConnectionSupervisor) {
        self.handle = handle
        self.supervisor = supervisor
        machine = ConnectionStateMachine(heartbeat: handle.heartbeat, now: .now)
        writer = FrameWriter(handle)
        for channel in [publishing, control, getting] { channels[channel.number] = channel }
    }

    var logger: Logger { supervisor.logger }
    var pending: PendingRequests {
        get { supervisor.pending }
        _modify { yield &supervisor.pending }
    }

    // MARK: The loop

    /// Runs until the connection is lost (throws `ConnectionLost`), the topology cannot be declared (throws `AMQPError`) or it was closed as asked.
    func run() throws {
        topologyJob = declarationJob(timeout: supervisor.configuration.connectTimeout + .seconds(10)) { [unowned self] error in
            topologyError = error
            guard error == nil, machine.declared() else { return }
            for consumer in pending.consumers { start(consumer) }
        }
        while machine.stage != .closed {
            let now = ContinuousClock.now
            try supervisor.drainCommands(self)
            if supervisor.isStopping { try beginClosing(now) }
            try work(now)
            if machine.stage != .closed, try wait() { try read() }
        }
    }

    private func work(_ now: ContinuousClock.Instant) throws {
        if let topologyError { throw topologyError }
        try control.pump()
        if consuming.allSatisfy(\.answered), machine.subscribed() { supervisor.didConnect() }
        if machine.stage != .declaring {
            for channel in consuming { if let due = channel.wakeUp, due <= now { try channel.subscribe() } }
            try getting.pump()
            if blockedReason == nil {
                // First, because a commit has an instant.
                isBusy = try transactions.pump() || isBusy
                isBusy = try publishing.pump() || isBusy
            }
        }
        try flushSettlements()
        switch machine.keepAlive(now, lastSent: writer.lastSent, isSending: !writer.isEmpty) {
        case .nothing: break
        case .sendHeartbeat: try writer.heartbeat()
        case .lost: throw ConnectionLost(reason: "nothing heard for two heartbeats")
        }
        try writer.flush()
        if writer.isEmpty { resumeFlushes() }
        for channel in withFresh { channel.handOver() }
        withFresh.removeAll(keepingCapacity: true)
        try supervisor.expire(now, self)
    }

    private func flushSettlements() throws {
        try getting.flushSettlements()
        for channel in consuming { try channel.flushSettlements() }
    }

    private func resumeFlushes() {
        for flush in flushes { flush.resume() }
        flushes.removeAll(keepingCapacity: true)
    }

    /// Waits for the socket, a command or the next thing that is due; true when there may be something to read.
    private func wait() throws -> Bool {
        let events = writer.isEmpty ? POLLIN : POLLIN | POLLOUT
        let polled = try supervisor.wait(until: isBusy ? .now : nextDue(), socket: handle.descriptor, events: Int16(events))
        let isReadable = polled & ~Int16(POLLOUT) != 0
        if isReadable { machine.received(.now) }
        return isReadable || isBusy
    }

    private func nextDue() -> ContinuousClock.Instant? {
        var due = machine.nextDue(lastSent: writer.lastSent)
        if machine.stage != .declaring {
            for channel in consuming { if let wakeUp = channel.wakeUp { due = min(due ?? wakeUp, wakeUp) } }
        }
        return due
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
            if machine.stage == .closed { return }
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
        case AMQP_CONNECTION_CLOSE_OK_METHOD: machine.closed()
        case AMQP_CONNECTION_BLOCKED_METHOD:
            blockedReason = String(wire: try method.fields(as: amqp_connection_blocked_t.self).reason)
            logger.warning("the broker takes no messages for now", metadata: ["reason": "\(blockedReason ?? "")"])
        case AMQP_CONNECTION_UNBLOCKED_METHOD:
            blockedReason = nil
            logger.notice("the broker takes messages again")
        default: break
        }
    }

    /// Closes the connection, politely: consumers that are stopped and settled have their channels closed before.
    private func beginClosing(_ now: ContinuousClock.Instant) throws {
        if case .closing = machine.stage { return }
        try flushSettlements()
        guard machine.close(now, isAnyLeaving: consuming.contains(where: \.isLeaving)) else { return }
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
        resumeFlushes()
        blockedReason = nil
    }

    // MARK: For the channels

    /// The topology comes first; then what others asked for.
    private func nextControlJob() -> ControlJob? {
        if let job = topologyJob.take() { return job }
        if machine.stage == .declaring { return nil }
        guard mustDeclare else { return pending.jobs.popFirst() }
        // Made when its turn has come, so that a queue which was deleted on purpose is forgotten by then.
        mustDeclare = false
        return declarationJob(timeout: .seconds(30)) { [logger] error in
            if let error { logger.warning("cannot declare queues and exchanges again", error: error) }
        }
    }

    private func declarationJob(timeout: Duration, completion: @escaping ((any Error)?) -> Void) -> ControlJob {
        let job = ControlJob(id: RequestID.next(), deadline: .now + timeout, steps: pending.topology.steps) { result in
            if case .failure(let error) = result { completion(error) } else { completion(nil) }
        }
        supervisor.watch(job)
        return job
    }

    /// Declares the topology once more, because something of it turned out to be gone.
    func declareAgain() { mustDeclare = machine.stage != .declaring }

    /// The first number that no channel has; nil when the broker allows no more channels.
    func freeNumber() -> UInt16? { (4...UInt16(clamping: max(4, handle.channelMax))).first { channels[$0] == nil } }

    func add(_ channel: Channel) { channels[channel.number] = channel }

    func hasFresh(_ channel: ConsumerChannel) { withFresh.append(channel) }

    func remove(_ channel: ConsumerChannel) {
        channels[channel.number] = nil
        consuming.removeAll { $0 === channel }
    }

    // MARK: For commands

    func settle(_ settlement: Settlement) throws {
        guard let channel = channels[settlement.channel.number], channel.reference == settlement.channel else { return }
        try channel.settle(settlement.tag, settlement.verdict)
    }

    /// Subscribes as soon as the topology is there.
    func start(_ consumer: Consumer) {
        guard machine.stage != .declaring else { return }
        guard let number = freeNumber() else {
            logger.error("no channel left for a consumer", metadata: ["queue": "\(consumer.queue)", "channel_max": "\(handle.channelMax)"])
            return
        }
        let channel = ConsumerChannel(number, self, consumer, retry: supervisor.configuration.reconnectDelay)
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
