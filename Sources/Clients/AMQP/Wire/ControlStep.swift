import CRabbitMQ

/// A synchronous method.
enum ControlStep: Sendable {
    case declareExchange(AMQPTopology.Exchange)
    case declareQueue(AMQPTopology.Queue)
    case bind(AMQPTopology.Binding)
    case inspectExchange(String)
    case inspectQueue(String)
    case deleteExchange(String)
    case deleteQueue(String)
    case purge(String)
    case get(String)

    func send(_ writer: FrameWriter, channel: UInt16) throws {
        let arena = Arena()
        func send<Fields>(_ id: amqp_method_number_t, _ fields: Fields) throws { try writer.method(id, fields, channel: channel) }
        switch self {
        case .declareExchange(let exchange): try send(AMQP_EXCHANGE_DECLARE_METHOD, arena.declare(exchange))
        case .declareQueue(let queue): try send(AMQP_QUEUE_DECLARE_METHOD, arena.declare(queue))
        case .bind(let binding):
            try send(
                AMQP_QUEUE_BIND_METHOD,
                amqp_queue_bind_t(
                    ticket: 0, queue: arena.bytes(binding.queue), exchange: arena.bytes(binding.exchange),
                    routing_key: arena.bytes(binding.routingKey), nowait: 0, arguments: arena.table(binding.arguments)))
        case .inspectExchange(let name):
            try send(AMQP_EXCHANGE_DECLARE_METHOD, arena.declare(AMQPTopology.Exchange(name, kind: .direct), passive: true))
        case .inspectQueue(let name): try send(AMQP_QUEUE_DECLARE_METHOD, arena.declare(AMQPTopology.Queue(name), passive: true))
        case .deleteExchange(let name):
            try send(AMQP_EXCHANGE_DELETE_METHOD, amqp_exchange_delete_t(ticket: 0, exchange: arena.bytes(name), if_unused: 0, nowait: 0))
        case .deleteQueue(let name):
            try send(AMQP_QUEUE_DELETE_METHOD, amqp_queue_delete_t(ticket: 0, queue: arena.bytes(name), if_unused: 0, if_empty: 0, nowait: 0))
        case .purge(let name): try send(AMQP_QUEUE_PURGE_METHOD, amqp_queue_purge_t(ticket: 0, queue: arena.bytes(name), nowait: 0))
        case .get(let name): try send(AMQP_BASIC_GET_METHOD, amqp_basic_get_t(ticket: 0, queue: arena.bytes(name), no_ack: 0))
        }
    }
}

extension Arena {
    fileprivate func declare(_ exchange: AMQPTopology.Exchange, passive: Bool = false) -> amqp_exchange_declare_t {
        amqp_exchange_declare_t(
            ticket: 0, exchange: bytes(exchange.name), type: bytes(exchange.kind.rawValue), passive: passive ? 1 : 0,
            durable: exchange.durable ? 1 : 0, auto_delete: exchange.autoDelete ? 1 : 0, internal: 0, nowait: 0, arguments: table(exchange.arguments))
    }

    fileprivate func declare(_ queue: AMQPTopology.Queue, passive: Bool = false) -> amqp_queue_declare_t {
        amqp_queue_declare_t(
            ticket: 0, queue: bytes(queue.name), passive: passive ? 1 : 0, durable: queue.durable ? 1 : 0, exclusive: queue.exclusive ? 1 : 0,
            auto_delete: queue.autoDelete ? 1 : 0, nowait: 0, arguments: table(queue.arguments))
    }
}

/// What the broker answered to the last step.
enum ControlReply: Sendable {
    case done
    case count(Int)
    case status(AMQPQueueStatus)
    /// Of `basic.get`; nil when the queue is empty.
    case delivery(AMQPDelivery?)

    /// `nil` for a method that is no answer to any step.
    init?(_ method: amqp_method_t) throws {
        switch method.id {
        case AMQP_EXCHANGE_DECLARE_OK_METHOD, AMQP_EXCHANGE_DELETE_OK_METHOD, AMQP_QUEUE_BIND_OK_METHOD: self = .done
        case AMQP_QUEUE_DECLARE_OK_METHOD:
            let declared = try method.fields(as: amqp_queue_declare_ok_t.self)
            self = .status(AMQPQueueStatus(messages: Int(declared.message_count), consumers: Int(declared.consumer_count)))
        case AMQP_QUEUE_DELETE_OK_METHOD: self = .count(Int(try method.fields(as: amqp_queue_delete_ok_t.self).message_count))
        case AMQP_QUEUE_PURGE_OK_METHOD: self = .count(Int(try method.fields(as: amqp_queue_purge_ok_t.self).message_count))
        case AMQP_BASIC_GET_EMPTY_METHOD: self = .delivery(nil)
        default: return nil
        }
    }
}

extension AMQPTopology {
    /// Exchanges, then queues, then bindings.
    var steps: [ControlStep] {
        exchanges.map(ControlStep.declareExchange) + queues.map(ControlStep.declareQueue) + bindings.map(ControlStep.bind)
    }
}
