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
        switch self {
        case .declareExchange(let exchange):
            var declare = amqp_exchange_declare_t()
            declare.exchange = arena.bytes(exchange.name)
            declare.type = arena.bytes(exchange.kind.rawValue)
            declare.durable = exchange.durable ? 1 : 0
            declare.auto_delete = exchange.autoDelete ? 1 : 0
            declare.arguments = arena.table(exchange.arguments)
            try writer.method(AMQP_EXCHANGE_DECLARE_METHOD, declare, channel: channel)
        case .declareQueue(let queue):
            var declare = amqp_queue_declare_t()
            declare.queue = arena.bytes(queue.name)
            declare.durable = queue.durable ? 1 : 0
            declare.exclusive = queue.exclusive ? 1 : 0
            declare.auto_delete = queue.autoDelete ? 1 : 0
            declare.arguments = arena.table(queue.arguments)
            try writer.method(AMQP_QUEUE_DECLARE_METHOD, declare, channel: channel)
        case .bind(let binding):
            var bind = amqp_queue_bind_t()
            bind.queue = arena.bytes(binding.queue)
            bind.exchange = arena.bytes(binding.exchange)
            bind.routing_key = arena.bytes(binding.routingKey)
            bind.arguments = arena.table(binding.arguments)
            try writer.method(AMQP_QUEUE_BIND_METHOD, bind, channel: channel)
        case .inspectExchange, .inspectQueue: try sendInspection(writer, channel, arena)
        case .deleteExchange, .deleteQueue, .purge, .get: try sendOther(writer, channel, arena)
        }
    }

    private func sendInspection(_ writer: FrameWriter, _ channel: UInt16, _ arena: Arena) throws {
        if case .inspectExchange(let name) = self {
            var declare = amqp_exchange_declare_t()
            declare.exchange = arena.bytes(name)
            declare.type = arena.bytes("direct")
            declare.passive = 1
            try writer.method(AMQP_EXCHANGE_DECLARE_METHOD, declare, channel: channel)
        } else if case .inspectQueue(let name) = self {
            var declare = amqp_queue_declare_t()
            declare.queue = arena.bytes(name)
            declare.passive = 1
            try writer.method(AMQP_QUEUE_DECLARE_METHOD, declare, channel: channel)
        }
    }

    private func sendOther(_ writer: FrameWriter, _ channel: UInt16, _ arena: Arena) throws {
        if case .deleteExchange(let name) = self {
            var delete = amqp_exchange_delete_t()
            delete.exchange = arena.bytes(name)
            try writer.method(AMQP_EXCHANGE_DELETE_METHOD, delete, channel: channel)
        } else if case .deleteQueue(let name) = self {
            var delete = amqp_queue_delete_t()
            delete.queue = arena.bytes(name)
            try writer.method(AMQP_QUEUE_DELETE_METHOD, delete, channel: channel)
        } else if case .purge(let name) = self {
            var purge = amqp_queue_purge_t()
            purge.queue = arena.bytes(name)
            try writer.method(AMQP_QUEUE_PURGE_METHOD, purge, channel: channel)
        } else if case .get(let name) = self {
            var get = amqp_basic_get_t()
            get.queue = arena.bytes(name)
            try writer.method(AMQP_BASIC_GET_METHOD, get, channel: channel)
        }
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
