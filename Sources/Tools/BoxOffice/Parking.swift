import AMQP
import FoundationEssentials
import Migrations
import Platform
import Synchronization

/// The parked messages of the services, taken into hand while a command looks at them.
///
/// What a command leaves must stay, in its order, however often somebody looks. A message that is given back to a quorum queue is counted
/// (`x-delivery-count`), and RabbitMQ 4 drops one that was given back 20 times
/// (https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling). So nothing is given back: a copy of each is published behind the
/// others, and when the broker has confirmed it the original is acknowledged. All are taken before the first is copied, so the order stays.
///
/// | what happens | what becomes of the messages |
/// | --- | --- |
/// | the command dies before it publishes the copies | the broker gives the originals back and counts that once; the next copies count from 0 |
/// | it dies between a confirm and its acknowledgement | both are parked; they have one identity, so the inbox takes one |
/// | a copy is not taken: a limit on the queue, no answer | its original is given back |
/// | the broker takes no messages (memory, disk) | nothing is taken, and the command says so |
/// | two look at once | the second waits: the first holds an exclusive queue, which only its connection may declare |
///
/// Acknowledging before the copy is confirmed, or both in one transaction of AMQP, could lose a message: RabbitMQ acknowledges in such a transaction
/// what was published in it and then refused by the queue.
final class Parking: Sendable {
    /// The queue that stands for the right to take messages out of the parking. It goes away with the connection.
    private static let lock = "boxoffice.parked.lock"
    /// How long to wait for somebody else who looks.
    private static let patience = Duration.seconds(60)
    /// Messages that may be parked while the others are taken.
    private static let mostNewcomers = 10_000
    /// Copies on their way at once.
    private static let batch = 500

    private let broker: AMQPConnection
    private let services: [String]
    private let held = Mutex<[ParkedMessage]>([])

    /// - Parameter service: Only the parking of this service; nil for all.
    init(_ broker: AMQPConnection, service: String?) {
        self.broker = broker
        self.services = Domain.all.map(\.service).filter { service == nil || $0 == service }
    }

    /// The messages that are there now; they stay there.
    static func look(_ broker: AMQPConnection, service: String?) async throws -> [ParkedMessage] {
        let parking = Parking(broker, service: service)
        let messages = try await parking.open()
        try await parking.close()
        return messages
    }

    /// Takes all messages that are there now.
    func open() async throws -> [ParkedMessage] {
        try await broker.demandThatItTakesMessages()
        try await takeTurn()
        for service in services {
            let queue = "\(service).parked"
            guard let status = try await broker.inspect(queue: queue) else { continue }
            try await bindQueues(of: service)
            // Also those that come meanwhile, so that none of them gets in front of a copy; but not for ever.
            for _ in 0..<(status.messages + Self.mostNewcomers) {
                guard let delivery = try await broker.get(queue) else { break }
                held.withLock { $0.append(ParkedMessage(delivery, service: service)) }
            }
        }
        return held.withLock { $0 }
    }

    /// Binds the queues that messages are replayed to and kept in, as their service does: it may have run last when there was no such exchange.
    private func bindQueues(of service: String) async throws {
        var queues = ["\(service).parked"]
        for work in ["\(service).ticks", "\(service).events"] where try await broker.inspect(queue: work) != nil { queues.append(work) }
        try await broker.declare(ServiceTopology.retry(of: service, to: queues))
    }

    /// Waits until nobody else has messages in hand.
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

    /// Publishes copies into the queues the messages came from, with their attempts forgotten, then takes the originals away.
    /// - Returns: how many; the others stay parked, and why was said.
    func replay(_ messages: [ParkedMessage]) async throws -> Int {
        var count = 0
        for batch in messages.batches(of: Self.batch) {
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

    /// Takes messages away.
    func drop(_ messages: [ParkedMessage]) {
        for message in messages { broker.ack(message.delivery) }
        let dropped = Set(messages.map(\.delivery.deliveryTag))
        held.withLock { held in held.removeAll { dropped.contains($0.delivery.deliveryTag) } }
    }

    /// Leaves what is still in hand parked, and lets others look.
    func close() async throws {
        let rest = held.withLock { held in
            defer { held = [] }
            return held
        }
        var kept = 0
        do {
            for batch in rest.batches(of: Self.batch) {
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

    /// Returns when the queues have what was settled: they are asked for their lengths behind it.
    private func settle() async throws {
        await broker.flush()
        for service in services { _ = try await broker.inspect(queue: "\(service).parked") }
        try await broker.delete(queue: Self.lock)
    }

    /// Publishes messages, those that cannot be sent whole with as much of them as can be.
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

extension [ParkedMessage] {
    /// Portions of so many, in their order.
    fileprivate func batches(of size: Int) -> [ArraySlice<ParkedMessage>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
