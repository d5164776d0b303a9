import AMQP
import Contracts
import FoundationEssentials
import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Processes the messages of one queue in batches, each message once.
///
/// One task receives and decodes deliveries while another one commits those that were decoded before. A batch is one
/// transaction: the inbox insert drops duplicates, the reactions process the rest, and one cumulative ack follows the
/// commit. A batch that fails is halved until the bad message fails alone; a message about several things is split when
/// it has failed for good.
struct EventConsumer: Service {
    /// The most messages of one transaction.
    static let batch = 4000
    /// The most bytes of their bodies: the data of large messages is processed and held in memory at once, too.
    static let batchBytes = 2_000_000
    /// Enough for one batch being processed and one being decoded.
    static let prefetch = 2 * batch
    /// How long deliveries gather before they are decoded, while a batch is being processed.
    private static let gathering = Duration.milliseconds(5)

    /// Pause before requeueing a failed batch, so that it is not redelivered immediately.
    private static let pause = Duration.seconds(1)

    private let runtime: ServiceRuntime
    private let topology: ServiceTopology
    private let reactions: [MessageType: AnyReaction]
    private let failures: RetryPublisher
    private let duplicates = DuplicateProbe()
    private let progress: QueueProgress
    private let processed: Counter
    private let repeated: Counter
    private let divided: Counter
    private let seconds: Timer

    init(_ runtime: ServiceRuntime, _ topology: ServiceTopology, _ reactions: [AnyReaction]) {
        self.runtime = runtime
        self.topology = topology
        self.reactions = Dictionary(reactions.map { ($0.type, $0) }) { first, _ in first }
        self.failures = RetryPublisher(runtime: runtime, topology: topology, queue: topology.events)
        progress = runtime.queues[topology.events]
        processed = Metric.messages(topology.events, "processed")
        repeated = Metric.messages(topology.events, "repeated")
        divided = Metric.messages(topology.events, "split")
        seconds = Metric.batchSeconds(topology.events)
    }

    func run() async throws {
        guard await runtime.ready() else { return }
        let deliveries = runtime.broker.consume(topology.events, prefetch: Self.prefetch, maximumBatch: Self.batch)
        let decoded = BatchBuffer<MessageDecoder.Reading>()
        await withGracefulShutdownHandler {
            await withTaskGroup { group in
                group.addTask {
                    let reader = MessageDecoder(retry: topology.retry, reactions: reactions)
                    for await batch in deliveries {
                        progress.arrived(batch)
                        let isAwaited = decoded.put(batch.map(reader.read))
                        // Deliveries arrive one by one: taken as they come, each would wake two threads.
                        if !isAwaited { try? await Task.sleep(for: Self.gathering) }
                    }
                    decoded.finish()
                }
                group.addTask {
                    while let batch = await decoded.take(atMost: Self.batch, weighing: Self.batchBytes, \.delivery.body.count) {
                        guard !Task.isShuttingDownGracefully else {
                            requeue(batch)
                            continue
                        }
                        // A batch that is left unsettled must be the last: the ack of a later one would cover it.
                        guard await work(batch) else { break }
                    }
                    await runtime.broker.flush()
                }
            }
        } onGracefulShutdown: {
            Task { await deliveries.stop() }
        }
        // The connection may be closed before this part is told to stop: a part that ends by itself counts as a
        // failure.
        try? await gracefulShutdown()
    }

    /// - Returns: false when the batch was left to the broker because the service stops.
    private func work(_ batch: [MessageDecoder.Reading]) async -> Bool {
        guard let last = batch.last?.delivery else { return true }
        let started = ContinuousClock.now
        do {
            var failed: [RetryPublisher.Failed] = []
            var answers: [AMQPMessage] = []
            var messages: [DecodedMessage] = []
            messages.reserveCapacity(batch.count)
            for reading in batch {
                switch reading {
                case .message(let message): messages.append(message)
                case .probe(_, let probe): answers.append(probe.answer(from: topology.events, through: topology.retry))
                case .unreadable(let delivery, let reason): failed.append(.init(delivery: delivery, reason: reason, isPermanent: true))
                }
            }
            failed += try await commit(messages)
            try await failures.send(failed)
            _ = try await runtime.broker.publish(answers, mandatory: false)
            runtime.broker.ack(through: last)
            progress.settled(first: batch.count, isCompleted: true)
            seconds.record(duration: ContinuousClock.now - started)
        } catch is CancellationError {
            // Nothing is settled: the broker redelivers the batch to another consumer.
            return false
        } catch {
            runtime.logger.warning("A batch is requeued", error: error, metadata: ["queue": "\(topology.events)"])
            try? await Task.sleep(for: Self.pause)
            requeue(batch)
        }
        return true
    }

    /// Returns unsettled messages to the queue at once.
    private func requeue(_ batch: [MessageDecoder.Reading]) {
        guard let last = batch.last?.delivery else { return }
        runtime.broker.nack(through: last, requeue: true)
        progress.settled(first: batch.count, isCompleted: false)
    }

    /// Commits the messages together or, when that fails, in halves, so that only the bad message fails.
    /// - Returns: those that failed.
    private func commit(_ messages: [DecodedMessage]) async throws -> [RetryPublisher.Failed] {
        var failed: [RetryPublisher.Failed] = []
        try await Division.process(messages[...], dividedBy: { !($0 is CancellationError) }) { some in
            try await transact(Array(some))
        } failed: { message, error in
            failed += try await end(message, error)
        }
        return failed
    }

    /// Splits a message that has failed for the last time or waits for a row, if it is about several things.
    /// - Returns: the message, if it remains a failed one.
    private func end(_ message: DecodedMessage, _ error: any Error) async throws -> [RetryPublisher.Failed] {
        let failure = Self.failure(of: message, error)
        // A message that waits for a row delays the rest of its content: its parts wait separately.
        guard RetryPublisher.isLast(failure) || failure.isEarly, let parts = (message.data as? any Splittable)?.parts, parts.count > 1
        else { return [failure] }
        try await split(message, into: parts)
        divided.increment()
        runtime.logger.warning("A message is split", error: error, metadata: ["queue": "\(topology.events)", "message": "\(message.id)"])
        return []
    }

    /// Replaces a message by its parts: each is published through the outbox to this queue, as a message of its own.
    private func split(_ message: DecodedMessage, into parts: [any Splittable]) async throws {
        try await TraceContext.$current.withValue(message.trace) {
            try await runtime.retriedTransaction("The consumer of \(topology.events)") { tx in
                guard try await !Inbox.unseen([message], tx).isEmpty else { return }
                for part in parts { try tx.publish(part, to: topology.events) }
            }
        }
    }

    private static func failure(of message: DecodedMessage, _ error: any Error) -> RetryPublisher.Failed {
        .init(
            delivery: message.delivery, reason: "\(error)", isPermanent: RetryPublisher.isPermanent(error), isEarly: error is NotThereYet)
    }

    private func transact(_ messages: [DecodedMessage]) async throws {
        let trace = messages.count == 1 ? messages[0].trace : nil
        let fresh = try await TraceContext.$current.withValue(trace) {
            if !duplicates.isNeeded(for: messages) {
                do {
                    return try await transact(messages, mayBeDuplicate: false)
                } catch let error as PostgresError where error.sqlState == .uniqueViolation {
                    duplicates.duplicateSeen()
                }
            }
            return try await transact(messages, mayBeDuplicate: true)
        }
        processed.increment(by: fresh)
        if fresh < messages.count { repeated.increment(by: messages.count - fresh) }
    }

    /// - Returns: how many of them were new.
    private func transact(_ messages: [DecodedMessage], mayBeDuplicate: Bool) async throws -> Int {
        try await runtime.retriedTransaction("The consumer of \(topology.events)", mayBeDuplicate: mayBeDuplicate) { tx in
            var fresh = messages
            if mayBeDuplicate { fresh = try await Inbox.unseen(messages, tx) } else { try Inbox.enterAll(messages, tx) }
            for (type, group) in Self.byType(fresh) { try await reactions[type]?.react(group, tx) }
            return fresh.count
        }
    }

    /// The messages by type, types in the order of their first message.
    private static func byType(_ messages: [DecodedMessage]) -> [(MessageType, [DecodedMessage])] {
        guard let first = messages.first?.type else { return [] }
        if messages.allSatisfy({ $0.type == first }) { return [(first, messages)] }
        var order: [MessageType] = []
        var groups: [MessageType: [DecodedMessage]] = [:]
        for message in messages {
            if groups[message.type] == nil { order.append(message.type) }
            groups[message.type, default: []].append(message)
        }
        return order.map { ($0, groups[$0] ?? []) }
    }
}
