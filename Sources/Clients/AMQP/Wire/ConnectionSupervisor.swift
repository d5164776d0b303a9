import CRabbitMQ
import ClientSupport
import DequeModule
import Glibc
import Logging

/// What the connection's thread does: connects, runs a session, and again after a loss, until it is told to stop.
final class ConnectionSupervisor {
    let configuration: AMQPConfiguration
    let logger: Logger
    private let commandQueue: CommandQueue<Command>
    let status: ConnectionStatus
    var pending: PendingRequests
    private var commands: [Command] = []
    private(set) var isStopping = false
    /// No request's time is up before this.
    private(set) var nextExpiry: ContinuousClock.Instant?
    private var epochs: UInt64 = 0
    private var backoff: Backoff
    private var hasConnected = false
    /// When the present outage began; its end is logged.
    private var outage: ContinuousClock.Instant?
    /// What has been logged of the present outage: each reason once, since a broker that is back may refuse the login.
    private var reasons: Set<String> = []

    init(
        _ configuration: AMQPConfiguration, _ topology: AMQPTopology, _ commandQueue: CommandQueue<Command>, _ status: ConnectionStatus,
        _ logger: Logger
    ) {
        self.configuration = configuration
        self.commandQueue = commandQueue
        self.status = status
        self.logger = logger
        pending = PendingRequests(topology: topology)
        backoff = Backoff(configuration.reconnectDelay)
    }

    /// Returns when stopped; the failure is the reason why the first connection can never work.
    func run() -> Result<Void, any Error> {
        var result: Result<Void, any Error> = .success(())
        drainCommands()
        while !isStopping {
            do {
                try connectAndServe()
            } catch let error as AMQPError where !hasConnected {
                result = .failure(error)
                break
            } catch {
                pause(after: error)
            }
        }
        if case .failure(let error) = result { status.end(error) } else { status.end(AMQPError.closed) }
        for command in commandQueue.close() { command.fail(AMQPError.closed) }
        pending.fail(.closed)
        return result
    }

    private func connectAndServe() throws {
        let handle = try BrokerHandle(configuration)
        status.version = handle.version
        let session = ConnectionEventLoop(handle, self)
        do {
            try session.run()
            status.set(connected: false)
            session.abandon(.closed)
        } catch {
            status.set(connected: false)
            session.abandon(.connectionLost(reason: (error as? ConnectionLost)?.reason ?? "\(error)"))
            throw error
        }
    }

    func didConnect() {
        hasConnected = true
        backoff.reset()
        var metadata: Logger.Metadata = ["host": "\(configuration.host):\(configuration.port)", "vhost": "\(configuration.vhost)"]
        if let outage { metadata["after"] = "\(ContinuousClock.now - outage)" }
        logger.info("connected to the broker", metadata: metadata)
        outage = nil
        reasons = []
        status.set(connected: true)
    }

    private func pause(after error: any Error) {
        let isNew = outage == nil
        outage = outage ?? .now
        let reason = (error as? ConnectionLost)?.reason ?? "\(error)"
        // Losses of one outage differ in wording only; a refusal is something that a person must mend.
        if isNew || error is AMQPError, reasons.count < Self.mostReasons, reasons.insert(reason).inserted {
            logger.warning("no connection to the broker; trying until it is back", metadata: ["reason": "\(reason)"])
        }
        let end = ContinuousClock.now + backoff.pause()
        while !isStopping, ContinuousClock.now < end {
            // Should `poll` fail, only the pause is lost.
            _ = try? wait(until: end)
            drainCommands()
            expire(.now)
        }
    }

    /// Waits for a command, for the socket of a session, until an instant or until the time of a request is up.
    /// - Returns: what `poll` says of the socket.
    func wait(until due: ContinuousClock.Instant?, socket: Int32 = -1, events: Int16 = 0) throws -> Int16 {
        var descriptors = (
            pollfd(fd: socket, events: events, revents: 0), pollfd(fd: commandQueue.descriptor, events: Int16(POLLIN), revents: 0)
        )
        var timeout = Duration.pollTimeout(until: [due, nextExpiry].lazy.compactMap { $0 }.min())
        if timeout != 0, !commandQueue.prepareToSleep() { timeout = 0 }
        let status = withUnsafeMutableBytes(of: &descriptors) { poll($0.baseAddress?.assumingMemoryBound(to: pollfd.self), 2, timeout) }
        guard status >= 0 || errno == EINTR else { throw ConnectionLost(reason: String(cString: strerror(errno))) }
        if descriptors.1.revents != 0 { commandQueue.resetWakeUp() }
        return descriptors.0.revents
    }

    /// How many reasons of one outage are logged.
    private static let mostReasons = 10

    func nextEpoch() -> UInt64 {
        epochs += 1
        return epochs
    }

    /// Makes sure that the deadline of a request is looked at.
    func watch(_ request: some PendingRequest) {
        nextExpiry = min(nextExpiry ?? request.deadline, request.deadline)
    }

    /// Answers requests whose time is up.
    func expire(_ now: ContinuousClock.Instant, _ session: ConnectionEventLoop) throws {
        guard let due = nextExpiry, due <= now else { return }
        let error = session.timeoutError
        nextExpiry = [pending.expire(now, error), try session.expire(now, error)].compactMap { $0 }.min()
    }

    private func expire(_ now: ContinuousClock.Instant) {
        guard let due = nextExpiry, due <= now else { return }
        nextExpiry = pending.expire(now, .timeout("there is no connection to the broker"))
    }

    // MARK: Commands

    /// Executes what other tasks have left.
    func drainCommands(_ session: ConnectionEventLoop) throws {
        commandQueue.take(into: &commands)
        for command in commands { try execute(command, session) }
    }

    private func drainCommands() {
        commandQueue.take(into: &commands)
        // Only a session throws.
        for command in commands { try? execute(command, nil) }
    }

    private func execute(_ command: Command, _ session: ConnectionEventLoop?) throws {
        switch command {
        case .settle(let settlement): try session?.settle(settlement)
        case .publish(let request):
            watch(request)
            pending.publications.append(
                PublishBatch(
                    caller: request.request.continuation, id: request.id, deadline: request.deadline, messages: request.messages,
                    mandatory: request.mandatory))
        case .stage(let request):
            watch(request)
            pending.stagings.append(request)
        case .commit(let request):
            watch(request)
            if !(session?.transactions.commit(request) ?? false) { request.fail(AMQPError.stagingLost) }
        case .rollBack(let staged): try session?.transactions.rollBack(staged)
        case .call(let request): pending.jobs.append(job(request))
        case .get(let request): pending.gets.append(job(request))
        case .start(let consumer):
            pending.consumers.append(consumer)
            session?.start(consumer)
        case .stop(let consumer, let continuation):
            if let session, try session.stop(consumer, continuation) { return }
            forget(consumer)
            _ = consumer.finish()
            continuation.resume()
        case .flush(let continuation): if let session { session.flush(continuation) } else { continuation.resume() }
        case .withdraw(let id):
            pending.withdraw(id)
            session?.transactions.withdraw(id)
        case .shutdown: isStopping = true
        }
    }

    /// The consumer is not subscribed any more.
    func forget(_ consumer: Consumer) { pending.consumers.removeAll { $0 === consumer } }

    private func job(_ request: CallRequest) -> ControlJob {
        watch(request)
        return ControlJob(id: request.id, deadline: request.deadline, steps: request.steps) { [unowned self] result in
            if case .success = result {
                switch request.effect {
                case .none: break
                case .remember(let topology): pending.topology.merge(topology)
                case .forget(let queue): pending.topology.remove(queue: queue)
                }
            }
            request.request.continuation.resume(with: result)
        }
    }

    /// What the broker's reply code means.
    func error(code: Int, text: String) -> AMQPError {
        switch Int32(code) {
        case AMQP_ACCESS_REFUSED: .accessRefused(user: configuration.user, vhost: configuration.vhost, text: text)
        case AMQP_NOT_FOUND: .notFound(text)
        case AMQP_PRECONDITION_FAILED: .preconditionFailed(text)
        default: .refused(code: code, text: text)
        }
    }
}
