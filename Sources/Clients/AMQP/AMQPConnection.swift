import ClientSupport
public import Logging

/// A connection to a RabbitMQ broker that stays: it connects again after every loss, declares its topology and subscribes its consumers again.
/// It declares its topology, too, when a queue or an exchange turns out to be gone: the broker cancels a consumer, or knows no exchange of this name.
///
/// One thread owns the socket while `run()` runs. All functions may be called from anywhere, also before the connection is there: they wait for it.
/// A broker that is short of memory or disk stops reading from connections that publish, acknowledgements included; a process that both
/// publishes and consumes much is better off with two connections.
public final class AMQPConnection: Sendable {
    private let configuration: AMQPConfiguration
    private let topology: AMQPTopology
    private let logger: Logger
    private let commandQueue = CommandQueue<Command>()
    private let status = ConnectionStatus()

    /// Prepares a connection; nothing happens before `run()`.
    public init(_ configuration: AMQPConfiguration, topology: AMQPTopology = .init(), logger: Logger) {
        self.configuration = configuration
        self.topology = topology
        self.logger = logger
    }

    // MARK: Life

    /// Keeps the connection until the task is cancelled, then closes it politely (an answer is awaited for at most a second) and returns.
    ///
    /// An outage is logged once, and once more when it is over. Throws `AMQPError` only when the first connection can never work: refused login
    /// (`accessRefused`), vhost (`vhostRefused`), certificate (`untrustedBroker`, `unusableTLSOption`) or topology (`preconditionFailed` and the like).
    public func run() async throws {
        guard status.start() else { throw AMQPError.alreadyRunning }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                // The library decodes tables by recursion and without a limit, and a level of nesting takes five bytes of a frame and about 115 of
                // the stack: there is room for a frame that is nothing but levels.
                let stack = 256 * 1024 + 32 * configuration.frameMax
                do {
                    try startThread(named: "amqp", stack: stack) { [configuration, topology, logger, commandQueue, status] in
                        let result = ConnectionSupervisor(configuration, topology, commandQueue, status, logger).run()
                        continuation.resume(with: result)
                    }
                } catch {
                    let error = AMQPError.connectionLost(reason: "\(error)")
                    status.end(error)
                    for command in commandQueue.close() { command.fail(AMQPError.closed) }
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            commandQueue.post(.shutdown)
        }
    }

    /// Whether the connection is up, its topology declared and its consumers subscribed.
    public var isConnected: Bool { status.isConnected }

    /// Waits until `isConnected`. Throws `AMQPError.closed` (or what `run()` throws) when there will be no connection, `CancellationError`.
    public func connected() async throws { try await status.wait() }

    /// Why the broker takes no messages now, `low on memory` say; `nil` while it takes them. A broker says so only to a connection that publishes.
    public var blockedReason: String? { status.blockedReason }

    /// The version that the broker told at the login, `3.10.8` say; `nil` before the first one.
    public var brokerVersion: String? { status.version }

    /// Whether a consumer of this connection is subscribed to the queue now.
    public func isConsuming(_ queue: String) -> Bool { status.isConsuming(queue) }

    // MARK: Topology

    /// Declares now, and again after every reconnect. Throws `AMQPError.preconditionFailed` when something is there and otherwise, `accessRefused`,
    /// `connectionLost`, `timeout`, `unencodable`.
    public func declare(_ topology: AMQPTopology) async throws {
        try topology.validate()
        _ = try await call(topology.steps, effect: .remember(topology))
    }

    /// Depth and consumers of a queue; `nil` when it is not there.
    public func inspect(queue: String) async throws -> AMQPQueueStatus? {
        try validate(name: queue)
        do {
            guard case .status(let status) = try await call([.inspectQueue(queue)]) else { return nil }
            return status
        } catch AMQPError.notFound { return nil }
    }

    /// Whether an exchange is there.
    public func exists(exchange: String) async throws -> Bool {
        try validate(name: exchange)
        do {
            _ = try await call([.inspectExchange(exchange)])
            return true
        } catch AMQPError.notFound { return false }
    }

    /// Deletes a queue, which is then not declared again either, and returns how many messages it held; a queue that is not there held none.
    @discardableResult
    public func delete(queue: String) async throws -> Int {
        try validate(name: queue)
        return try await count([.deleteQueue(queue)], effect: .forget(queue: queue))
    }

    /// Deletes an exchange; no error when it is not there.
    public func delete(exchange: String) async throws {
        try validate(name: exchange)
        _ = try await call([.deleteExchange(exchange)])
    }

    /// Removes what waits in a queue and returns how many messages that were. Throws `AMQPError.notFound`.
    @discardableResult
    public func purge(queue: String) async throws -> Int {
        try validate(name: queue)
        return try await count([.purge(queue)])
    }

    private func count(_ steps: [ControlStep], effect: CallRequest.Effect = .none) async throws -> Int {
        if case .count(let count) = try await call(steps, effect: effect) { count } else { 0 }
    }

    private func call(_ steps: [ControlStep], effect: CallRequest.Effect = .none) async throws -> ControlReply {
        try await request(timeout: .seconds(30)) { .call(CallRequest(request: $0, steps: steps, effect: effect)) }
    }

    // MARK: Publishing

    /// Publishes and returns when the broker has settled every message, outcomes in the order of the messages. Calls may overlap; they are pipelined.
    ///
    /// Throws `AMQPError.connectionLost` when the connection is lost before that: what was confirmed until then is unknown, publish again.
    /// `timeout` (`blocked` when the broker takes no messages) when it takes too long, waiting for a connection included. `notFound` when an
    /// exchange is not there, `accessRefused`, `preconditionFailed`: some of the messages before the refused one may have been taken.
    /// `unencodable` when nothing was sent. `CancellationError` when the task is cancelled before anything was sent; after that the answer is awaited.
    /// - Parameter mandatory: whether a message that no queue takes comes back as `unroutable`; otherwise the broker drops and confirms it.
    public func publish(
        _ messages: [AMQPMessage], mandatory: Bool = true, timeout: Duration = .seconds(30)
    ) async throws -> [AMQPPublishOutcome] {
        if messages.isEmpty { return [] }
        for message in messages { try message.validate(frameMax: configuration.frameMax) }
        return try await request(timeout: timeout) {
            .publish(PublishRequest(request: $0, messages: messages, mandatory: mandatory))
        }
    }

    // MARK: Staging

    /// Hands messages to the broker ahead of their time and returns when it holds them all, seen by nobody: `commit` then publishes them with one short
    /// frame. Each staged batch has a channel in transaction mode to itself (AMQP 0-9-1, class tx), which is kept for later ones. The broker looks for
    /// queues now, not at the commit.
    ///
    /// Throws what `publish` throws; nothing was published then. A connection that is lost afterwards takes what was staged with it.
    /// - Parameter mandatory: whether a message that no queue takes is reported as `unroutable` by the commit.
    public func stage(_ messages: [AMQPMessage], mandatory: Bool = true, timeout: Duration = .seconds(30)) async throws -> AMQPStagedMessages {
        for message in messages { try message.validate(frameMax: configuration.frameMax) }
        let id = try await request(timeout: timeout) {
            .stage(StageRequest(request: $0, messages: messages, mandatory: mandatory))
        }
        return AMQPStagedMessages(id, on: self)
    }

    func commit(_ staged: UInt64, timeout: Duration) async throws -> [AMQPPublishOutcome] {
        try await request(timeout: timeout) { .commit(CommitRequest(request: $0, staged: staged)) }
    }

    func rollBack(_ staged: UInt64) { commandQueue.post(.rollBack(staged)) }

    // MARK: Consuming

    /// Subscribes to a queue, on a channel of its own, now and after every reconnect. While the queue is not there, or may not be consumed,
    /// it tries again and again; that is logged once.
    /// - Parameters:
    ///   - prefetch: how many deliveries may be unsettled at a time, 1 to 65,535.
    ///   - maximumBatch: longest batch of the sequence.
    ///   - consumerTag: shown in the broker's tools; made up when empty.
    public func consume(
        _ queue: String, prefetch: Int, maximumBatch: Int = .max, consumerTag: String = "", arguments: AMQPTable = [:]
    ) -> AMQPDeliveries {
        let tag = consumerTag.isEmpty ? "consumer-\(RequestID.next())" : consumerTag
        let consumer = Consumer(queue: queue, prefetch: prefetch, maximumBatch: maximumBatch, tag: tag, arguments: arguments)
        commandQueue.post(orFail: .start(consumer))
        return AMQPDeliveries(consumer: consumer, commandQueue: commandQueue)
    }

    /// Takes one message from a queue (`basic.get`), to be settled like any other; `nil` when there is none. Throws `AMQPError.notFound`; such an
    /// error of another `get` gives unsettled messages that were taken this way back to their queues.
    public func get(_ queue: String) async throws -> AMQPDelivery? {
        try validate(name: queue)
        let reply = try await request(timeout: .seconds(30)) { .get(CallRequest(request: $0, steps: [.get(queue)])) }
        return if case .delivery(let delivery) = reply { delivery } else { nil }
    }

    // MARK: Settling

    // Cheap, and gathered: runs of single acks travel as one. For a delivery whose channel is gone they do nothing, since the broker delivers it
    // again; so does a second settlement.

    /// Done with it.
    public func ack(_ delivery: AMQPDelivery) { settle(delivery, .ack) }

    /// Done with it and everything that came before it on its channel (of its consumer, that is).
    public func ack(through delivery: AMQPDelivery) { settle(delivery, .ackThrough) }

    /// Not done: goes back to the queue, or is dropped or dead-lettered.
    public func reject(_ delivery: AMQPDelivery, requeue: Bool) { settle(delivery, .reject(requeue: requeue)) }

    /// Not done with it and everything unsettled before it on its channel.
    public func nack(through delivery: AMQPDelivery, requeue: Bool) { settle(delivery, .nackThrough(requeue: requeue)) }

    /// Returns when the settlements made before it have been written to the socket, or are pointless because the connection is lost.
    public func flush() async {
        await withCheckedContinuation { commandQueue.post(orFail: .flush($0)) }
    }

    private func settle(_ delivery: AMQPDelivery, _ verdict: Disposition) {
        guard delivery.channel.epoch != 0 else { return }
        commandQueue.post(.settle(Settlement(channel: delivery.channel, tag: delivery.deliveryTag, verdict: verdict)))
    }

    // MARK: Asking the thread

    private func request<Answer: Sendable>(timeout: Duration, _ command: (Request<Answer>) -> Command) async throws -> Answer {
        let (id, deadline) = (RequestID.next(), ContinuousClock.now + timeout)
        // As long as no thread has taken the request, nobody else looks at the clock.
        let watch =
            status.hasStarted
            ? nil
            : Task { [commandQueue] in
                try await Task.sleep(until: deadline, clock: .continuous)
                _ = commandQueue.fail(id, AMQPError.timeout("run() was not called"))
            }
        defer { watch?.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
                commandQueue.post(orFail: command(Request(id: id, deadline: deadline, continuation: continuation)))
            }
        } onCancel: {
            // At once when the thread has not seen it, else by asking the thread.
            if !commandQueue.fail(id, CancellationError()) { commandQueue.post(.withdraw(id)) }
        }
    }
}
