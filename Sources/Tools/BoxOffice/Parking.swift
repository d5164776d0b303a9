import AMQP
import FoundationEssentials
import Migrations
import Platform
import Synchronization

/// The parked messages of the services, fetched but not acknowledged while a command uses them.
///
/// Messages that a command leaves must stay parked, in their order, however often they are read. A quorum queue counts
/// how often a message was requeued (`x-delivery-count`), and RabbitMQ 4 drops one that was requeued 20 times
/// (https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling). So nothing is requeued: a copy of each
/// message is published to the end of the queue, and when the broker has confirmed it the original is acknowledged. All
/// are fetched before the first is copied, so the order stays.
///
/// | event | effect on the messages |
/// | --- | --- |
/// | the command dies before it publishes the copies | the broker requeues the originals and counts that once; the next copies count from 0 |
/// | it dies between a confirm and its acknowledgement | both are parked; they have the same id, so the inbox accepts one |
/// | a copy is not accepted: a limit on the queue, no answer | its original is requeued |
/// | the broker accepts no messages (memory, disk) | nothing is fetched, and the command reports it |
/// | two commands run at once | the second waits: the first holds an exclusive queue, which only its connection may declare |
///
/// Acknowledging before the copy is confirmed, or both in one AMQP transaction, could lose a message: in such a
/// transaction RabbitMQ acknowledges the original even if the queue then refuses the copy.
final class Parking: Sendable {
    /// The exclusive queue that serves as the lock for fetching parked messages. It is deleted with the connection.
    private static let lock = "boxoffice.parked.lock"
    /// How long to wait for another command that holds the lock.
    private static let patience = Duration.seconds(60)
    /// The maximum number of messages that may be parked while the others are fetched.
    private static let mostNewcomers = 10_000
    /// The number of copies published at once.
    private static let batch = 500

    private let broker: AMQPConnection
    private let services: [String]
    private let held = Mutex<[ParkedMessage]>([])

    /// - Parameter service: Only the parking of this service; nil for all.
    init(_ broker: AMQPConnection, service: String?) {
        self.broker = broker
        self.services = Domain.all.map(\.service).filter { service == nil || $0 == service }
    }

    /// The messages that are parked now; they stay parked.
    static func look(_ broker: AMQPConnection, service: String?) async throws -> [ParkedMessage] {
        let parking = Parking(broker, service: service)
        let messages = try await parking.open()
        try await parking.close()
        return messages
    }

    /// Fetches all messages that are parked now.
    func open() async throws -> [ParkedMessage] {
        try await broker.demandThatItTakesMessages()
        try await takeTurn()
        for service in services {
            let queue = QueueName.parked(of: service)
            guard let status = try await broker.inspect(queue: queue) else { continue }
            try await bindQueues(of: service)
            // Also messages that are parked meanwhile, so that none of them is queued before a copy; but only a limited
            // number.
            for _ in 0..<(status.messages + Self.mostNewcomers) {
                guard let delivery = try await broker.get(queue) else { break }
                held.withLock { $0.append(ParkedMessage(delivery, service: service)) }
            }
        }
        return held.withLock { $0 }
    }

    /// Binds the queues to which messages are replayed or copied, as their service does: it may last have run before
    /// the exchange existed.
    private func bindQueues(of service: String) async throws {
        var queues = [QueueName.parked(of: service)]
        for work in QueueName.work(of: service) where try await broker.inspect(queue: work) != nil { queues.append(work) }
        try await broker.declare(ServiceTopology.retry(of: service, to: queues))
    }

    /// Takes the lock, waiting until no other command holds it.
    private func takeTurn() async throws {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            do {
                return try await broker.declare(.init(queues: [.init(Self.lock, durable: false, exclusive: true)]))
            } catch AMQPError.refused(code: 405, text: _) {
                guard ContinuousClock.now < deadline else {
                    throw Failure("somebody else has been looking at the parked messages for a minute; try again when their command has ended")
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Publishes copies to the queues that the messages came from, without their attempts, then acknowledges the
    /// originals.
    /// - Returns: the number replayed; the others stay parked, and the reasons were printed.
    func replay(_ messages: [ParkedMessage]) async throws -> Int {
        var count = 0
        for batch in messages.parts(ofAtMost: Self.batch) {
            for (message, outcome) in zip(batch, try await publish(batch.map(\.replay))) {
                guard outcome == .confirmed else {
                    Terminal.complain("\(message.id) stays parked: the broker does not take it for \(message.queue) (\(outcome))")
                    continue
                }
                drop([message])
                count += 1
            }
        }
        return count
    }

    /// Acknowledges messages, which removes them.
    func drop(_ messages: [ParkedMessage]) {
        for message in messages { broker.ack(message.delivery) }
        let dropped = Set(messages.map(\.delivery.deliveryTag))
        held.withLock { held in held.removeAll { dropped.contains($0.delivery.deliveryTag) } }
    }

    /// Parks copies of the remaining messages, and releases the lock.
    func close() async throws {
        let rest = held.withLock { held in
            defer { held = [] }
            return held
        }
        var kept = 0
        do {
            for batch in rest.parts(ofAtMost: Self.batch) {
                for (message, outcome) in zip(batch, try await publish(batch.map(\.copy))) {
                    if outcome == .confirmed { broker.ack(message.delivery) } else { broker.reject(message.delivery, requeue: true) }
                }
                kept += batch.count
            }
            try await settle()
        } catch {
            for message in rest[kept...] { broker.reject(message.delivery, requeue: true) }
            await broker.flush()
            throw error
        }
    }

    /// Returns when the queues have processed the acknowledgements: a passive declaration is answered after them.
    /// Deletes the lock.
    private func settle() async throws {
        await broker.flush()
        for service in services { _ = try await broker.inspect(queue: QueueName.parked(of: service)) }
        try await broker.delete(queue: Self.lock)
    }

    /// Publishes messages; from one that cannot be encoded, as much as can be.
    private func publish(_ messages: [AMQPMessage]) async throws -> [AMQPPublishOutcome] {
        do {
            return try await broker.publish(messages)
        } catch AMQPError.unencodable {
            var outcomes: [AMQPPublishOutcome] = []
            for message in messages { outcomes.append(try await publish(reducing: message)) }
            return outcomes
        }
    }

    private func publish(reducing message: AMQPMessage) async throws -> AMQPPublishOutcome {
        for candidate in message.reductions {
            do {
                if let outcome = try await broker.publish([candidate]).first { return outcome }
            } catch AMQPError.unencodable {
                continue
            }
        }
        return .rejected
    }
}
