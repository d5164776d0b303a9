import AMQP
import FoundationEssentials
import Migrations
import Platform
import Synchronization

/// The parked messages of the services, taken into hand while a command looks at them; what it leaves goes back to where it was.
final class Parking: Sendable {
    private let broker: AMQPConnection
    private let services: [String]
    private let held = Mutex<[AMQPDelivery]>([])

    /// - Parameter service: Only the parking of this service; nil for all.
    init(_ broker: AMQPConnection, service: String?) {
        self.broker = broker
        self.services = Domain.all.map(\.service).filter { service == nil || $0 == service }
    }

    /// Takes all messages that are there now.
    func open() async throws -> [ParkedMessage] {
        var messages: [ParkedMessage] = []
        for service in services {
            let queue = "\(service).parked"
            guard let status = try await broker.inspect(queue: queue) else { continue }
            for _ in 0..<status.messages {
                guard let delivery = try await broker.get(queue) else { break }
                held.withLock { $0.append(delivery) }
                messages.append(ParkedMessage(delivery, service: service))
            }
        }
        return messages
    }

    /// Publishes copies into the queues the messages came from, with their attempts forgotten, then takes the originals away.
    func replay(_ messages: [ParkedMessage]) async throws {
        guard !messages.isEmpty else { return }
        do {
            try await move(messages)
        } catch let error as AMQPError {
            guard case .unencodable = error else { throw error }
            guard messages.count > 1 else {
                return Terminal.complain("\(messages[0].id) stays parked: it \(error)")
            }
            for message in messages { try await replay([message]) }
        }
    }

    private func move(_ messages: [ParkedMessage]) async throws {
        let outcomes = try await broker.publish(messages.map(\.replay))
        for (message, outcome) in zip(messages, outcomes) {
            guard outcome == .confirmed else {
                Terminal.complain("\(message.id) stays parked: the broker does not take it for \(message.queue) (\(outcome))")
                continue
            }
            drop([message])
        }
    }

    /// Takes messages away.
    func drop(_ messages: [ParkedMessage]) {
        for message in messages {
            broker.ack(message.delivery)
            held.withLock { held in held.removeAll { $0.deliveryTag == message.delivery.deliveryTag } }
        }
    }

    /// Gives back what is still in hand.
    func close() async {
        let rest = held.withLock { held in
            defer { held = [] }
            return held
        }
        for delivery in rest { broker.reject(delivery, requeue: true) }
        await broker.flush()
    }
}
