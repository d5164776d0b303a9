/// Exchanges, queues and bindings that a connection declares, idempotently, whenever it connects.
public struct AMQPTopology: Sendable, Equatable {
    /// Declared first.
    public var exchanges: [Exchange]
    /// Declared second.
    public var queues: [Queue]
    /// Declared last.
    public var bindings: [Binding]

    /// A topology; empty by default.
    public init(exchanges: [Exchange] = [], queues: [Queue] = [], bindings: [Binding] = []) {
        self.exchanges = exchanges
        self.queues = queues
        self.bindings = bindings
    }

    /// How an exchange routes.
    public enum ExchangeKind: String, Sendable {
        /// By equal routing key.
        case direct
        /// To every bound queue.
        case fanout
        /// By routing key pattern (`*` one word, `#` any number).
        case topic
        /// By header values.
        case headers
    }

    /// An exchange.
    public struct Exchange: Sendable, Equatable {
        /// Its name, at most 255 bytes.
        public var name: String
        /// How it routes.
        public var kind: ExchangeKind
        /// Whether it outlives a restart of the broker.
        public var durable: Bool
        /// Whether it goes away with its last binding.
        public var autoDelete: Bool
        /// Optional arguments, `alternate-exchange` say.
        public var arguments: AMQPTable

        /// A durable exchange by default.
        public init(_ name: String, kind: ExchangeKind = .topic, durable: Bool = true, autoDelete: Bool = false, arguments: AMQPTable = [:]) {
            self.name = name
            self.kind = kind
            self.durable = durable
            self.autoDelete = autoDelete
            self.arguments = arguments
        }
    }

    /// A queue.
    public struct Queue: Sendable, Equatable {
        /// Its name, at most 255 bytes; never empty (names made by the broker would change with every reconnect).
        public var name: String
        /// Whether it outlives a restart of the broker.
        public var durable: Bool
        /// Whether it belongs to this connection and goes away with it.
        public var exclusive: Bool
        /// Whether it goes away with its last consumer.
        public var autoDelete: Bool
        /// Optional arguments, `x-queue-type` say.
        public var arguments: AMQPTable

        /// A durable shared queue by default.
        public init(_ name: String, durable: Bool = true, exclusive: Bool = false, autoDelete: Bool = false, arguments: AMQPTable = [:]) {
            self.name = name
            self.durable = durable
            self.exclusive = exclusive
            self.autoDelete = autoDelete
            self.arguments = arguments
        }
    }

    /// A binding of a queue to an exchange.
    public struct Binding: Sendable, Equatable {
        /// The queue that gets the messages.
        public var queue: String
        /// The exchange that they come from.
        public var exchange: String
        /// Routing key or pattern.
        public var routingKey: String
        /// Optional arguments, for headers exchanges.
        public var arguments: AMQPTable

        /// A binding.
        public init(queue: String, exchange: String, routingKey: String = "", arguments: AMQPTable = [:]) {
            self.queue = queue
            self.exchange = exchange
            self.routingKey = routingKey
            self.arguments = arguments
        }
    }
}

extension AMQPTopology {
    /// Adds what is not yet there; a queue or exchange of the same name is replaced.
    public mutating func merge(_ other: AMQPTopology) {
        let exchangeNames = Set(other.exchanges.map(\.name))
        let queueNames = Set(other.queues.map(\.name))
        exchanges = exchanges.filter { !exchangeNames.contains($0.name) } + other.exchanges
        queues = queues.filter { !queueNames.contains($0.name) } + other.queues
        bindings += other.bindings.filter { !bindings.contains($0) }
    }

    mutating func remove(queue: String) {
        queues.removeAll { $0.name == queue }
        bindings.removeAll { $0.queue == queue }
    }
}
