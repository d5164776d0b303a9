import Glibc
import Logging

/// What the connection's thread does: connects, runs a session, and again after a loss, until it is told to stop.
final class ConnectionSupervisor {
    let configuration: AMQPConfiguration
    let logger: Logger
    let commandQueue: CommandQueue
    let status: ConnectionStatus
    var pending: PendingRequests
    private var mail = CommandQueue.Mail()
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

    init(_ configuration: AMQPConfiguration, _ topology: AMQPTopology, _ commandQueue: CommandQueue, _ status: ConnectionStatus, _ logger: Logger) {
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
        drainCommands(nil)
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
        status.end((try? result.get()) == nil ? failure(of: result) : AMQPError.closed)
        commandQueue.closeDown()
        pending.fail(.closed)
        return result
    }

    private func failure(of result: Result<Void, any Error>) -> any Error {
        if case .failure(let error) = result { error } else { AMQPError.closed }
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
        while !isStopping {
            let now = ContinuousClock.now
            guard now < end else { return }
            var descriptor = pollfd(fd: commandQueue.descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&descriptor, 1, milliseconds(until: nextExpiry.map { min($0, end) } ?? end)) > 0 { commandQueue.resetWakeUp() }
            drainCommands(nil)
            expire(.now)
        }
    }

    /// How many reasons of one outage are logged.
    private static let mostReasons = 10

    func nextEpoch() -> UInt64 {
        epochs += 1
        return epochs
    }

    /// Makes sure that the ticket's deadline is looked at.
    func watch(_ request: PendingRequest?) {
        guard let request else { return }
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

    // MARK: Mail

    /// Works through what other tasks have left. Settlements come first: a command may rely on them.
    func drainCommands(_ session: ConnectionEventLoop) throws {
        commandQueue.take(into: &mail)
        for settlement in mail.settlements { try session.settle(settlement) }
        mail.settlements.removeAll(keepingCapacity: true)
        try execute(session)
    }

    private func drainCommands(_ none: Never?) {
        commandQueue.take(into: &mail)
        mail.settlements.removeAll(keepingCapacity: true)
        try? execute(nil)
    }

    private func execute(_ session: ConnectionEventLoop?) throws {
        let commands = mail.commands
        mail.commands.removeAll(keepingCapacity: true)
        for command in commands {
            watch(command.request)
            switch command {
            case .publish(let request): pending.publications.append(PublishOperation(request))
            case .stage(let request): pending.stagings.append(request)
            case .commit(let request):
                if session?.transactions.commit(request) ?? false { continue }
                request.continuation.resume(throwing: AMQPError.stagingLost)
            case .rollBack(let staged): try session?.transactions.rollBack(staged)
            case .call(let request): pending.jobs.append(job(request))
            case .get(let request): pending.gets.append(request)
            case .start(let consumer):
                pending.consumers.append(consumer)
                session?.start(consumer)
            case .stop(let consumer, let continuation):
                if let session, try session.stop(consumer, continuation) { continue }
                pending.consumers.removeAll { $0 === consumer }
                _ = consumer.finish()
                continuation.resume()
            case .flush(let continuation): if let session { session.flush(continuation) } else { continuation.resume() }
            case .withdraw(let id):
                pending.withdraw(id)
                session?.transactions.withdraw(id)
            case .shutdown: isStopping = true
            }
        }
    }

    private func job(_ request: CallRequest) -> ControlJob {
        ControlJob(request: request.request, steps: request.steps) { [unowned self] result in
            if case .success = result {
                switch request.effect {
                case .none: break
                case .remember(let topology): pending.topology.merge(topology)
                case .forget(let queue): pending.topology.remove(queue: queue)
                }
            }
            request.continuation.resume(with: result)
        }
    }
}
