import AMQP
import Contracts

/// The names of the exchanges.
public enum Exchange {
    /// Cron ticks and manual triggers; routing key = job name.
    public static let ticks = "boxoffice.ticks"
    /// Events; routing key = message type.
    public static let events = "boxoffice.events"
    /// Messages of a service to its own queues: retries, parked messages, slices. Routing key = the queue's name.
    /// Services may not publish to the default exchange, because it reaches the queues of all others too.
    public static func retry(of service: String) -> String { "\(service).retry" }
}

/// The names of a service's queues.
public enum QueueName {
    /// The queue of ticks.
    public static func ticks(of service: String) -> String { "\(service).ticks" }
    /// The queue of events.
    public static func events(of service: String) -> String { "\(service).events" }
    /// The queue of messages that failed for the last time (the dead-letter queue).
    public static func parked(of service: String) -> String { "\(service).parked" }
    /// The queues whose messages a service consumes.
    public static func work(of service: String) -> [String] { [ticks(of: service), events(of: service)] }
}

/// The queues of one service and their bindings. The one place that declares topology; Contracts/asyncapi.yaml says the
/// same.
public struct ServiceTopology: Sendable {
    /// The pauses before the second, third … attempt.
    public static let delays: [Duration] = [.seconds(1), .seconds(5), .seconds(30), .seconds(180)]

    /// The executable's name.
    public let service: String
    /// The jobs whose ticks it consumes.
    public let jobs: [JobName]
    /// The messages it reacts to.
    public let types: [MessageType]

    /// The topology of a service that consumes these ticks and messages.
    public init(service: String, jobs: [JobName], types: [MessageType]) {
        self.service = service
        self.jobs = jobs
        self.types = types
    }

    /// The queue of ticks.
    public var ticks: String { QueueName.ticks(of: service) }
    /// The queue of messages.
    public var events: String { QueueName.events(of: service) }
    /// The queue of messages that failed for the last time (the dead-letter queue).
    public var parked: String { QueueName.parked(of: service) }
    /// The exchange through which it reaches its own queues.
    public var retry: String { Exchange.retry(of: service) }
    /// The queue in which a message of `queue` waits for its attempt number `attempt + 1`, counted from 1:
    /// `payments.events.retry.30s`.
    ///
    /// The name contains the pause: the arguments of a queue never change, so another pause is another queue, and
    /// versions of a service with different pauses run side by side.
    public static func delay(_ queue: String, after attempt: Int) -> String {
        "\(queue).retry.\(delays[min(max(attempt, 1), delays.count) - 1].components.seconds)s"
    }

    /// The two exchanges that all services share.
    public static let exchanges = AMQPTopology(
        exchanges: [.init(Exchange.ticks, kind: .topic), .init(Exchange.events, kind: .topic)], queues: [], bindings: [])

    /// The event queues of the services that read these messages, bound to them.
    public static func readers(of routes: [MessageRoute]) -> AMQPTopology {
        var topology = AMQPTopology()
        for route in routes {
            for reader in route.readers {
                let queue = QueueName.events(of: reader)
                topology.merge(
                    AMQPTopology(
                        queues: [.init(queue, arguments: ["x-queue-type": "quorum"])],
                        bindings: [.init(queue: queue, exchange: Exchange.events, routingKey: route.type.rawValue)]))
            }
        }
        return topology
    }

    /// All of it: the exchanges, the queues of the readers of what the service publishes, and its own queues.
    ///
    /// A publisher declares the queues of its readers, because otherwise an event published before a reader's first
    /// start would be lost: the broker reports a message that no queue took, but not one that only one of two queues
    /// took. So services may be started for the first time in any order.
    public var topology: AMQPTopology {
        var topology = Self.exchanges
        topology.merge(Self.readers(of: MessageRoute.all.filter { $0.publisher == service }))
        if !jobs.isEmpty {
            topology.queues += workQueue(ticks)
            topology.bindings += jobs.map { .init(queue: ticks, exchange: Exchange.ticks, routingKey: $0.rawValue) }
        }
        if !types.isEmpty {
            topology.queues += workQueue(events)
            topology.bindings += types.map { .init(queue: events, exchange: Exchange.events, routingKey: $0.rawValue) }
        }
        if !jobs.isEmpty || !types.isEmpty {
            topology.queues.append(.init(parked, arguments: ["x-queue-type": "quorum"]))
            topology.merge(Self.retry(of: service, to: ownQueues))
        }
        return topology
    }

    /// The queues that belong to the service: work queues, delay queues, the parked queue.
    public var ownQueues: [String] {
        let work = (jobs.isEmpty ? [] : [ticks]) + (types.isEmpty ? [] : [events])
        guard !work.isEmpty else { return [] }
        return work.flatMap { queue in [queue] + (1...Self.delays.count).map { Self.delay(queue, after: $0) } } + [parked]
    }

    /// The retry exchange of a service, with these of its queues bound to it by their names.
    public static func retry(of service: String, to queues: [String]) -> AMQPTopology {
        let exchange = Exchange.retry(of: service)
        return AMQPTopology(
            exchanges: [.init(exchange, kind: .direct)], bindings: queues.map { .init(queue: $0, exchange: exchange, routingKey: $0) })
    }

    private func workQueue(_ name: String) -> [AMQPTopology.Queue] {
        let delayed = Self.delays.enumerated().map { index, pause in
            AMQPTopology.Queue(
                Self.delay(name, after: index + 1),
                arguments: [
                    "x-queue-type": "quorum",
                    "x-message-ttl": .int(pause.components.seconds * 1000),
                    "x-dead-letter-exchange": .string(retry),
                    "x-dead-letter-routing-key": .string(name),
                    "x-dead-letter-strategy": "at-least-once",
                    "x-overflow": "reject-publish",
                ])
        }
        return [.init(name, arguments: ["x-queue-type": "quorum"])] + delayed
    }
}
