import AMQP
import YAML

/// The exchanges, queues and bindings that Contracts/asyncapi.yaml describes, as it was when this executable was built.
///
/// Channels bound as `routingKey` name an exchange, those bound as `queue` a queue; `x-queue-arguments` are the
/// arguments of its declaration, `x-queue-bindings` its bindings.
struct ExpectedTopology: Sendable, Equatable {
    /// The document's path.
    static let document = "Contracts/asyncapi.yaml"

    /// The exchanges, each once.
    let exchanges: [AMQPTopology.Exchange]
    /// The queues, in the order of the document.
    let queues: [AMQPTopology.Queue]
    /// The bindings of the queues.
    let bindings: [AMQPTopology.Binding]

    /// The services that have queues, in the order of the document.
    var services: [String] {
        queues.map { String($0.name.prefix { $0 != "." }) }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The queues that belong to a service.
    func queues(of service: String) -> [AMQPTopology.Queue] { queues.filter { $0.name.hasPrefix("\(service).") } }

    /// The topology of the built-in document.
    static func embedded() throws -> ExpectedTopology {
        guard let text = Embedded.files.first(where: { $0.path == document })?.text else {
            throw Failure("\(document) was not there when this executable was built")
        }
        return try ExpectedTopology(yaml: text)
    }

    /// Reads the channels of a document.
    /// - Throws: ``YAMLError``, or a ``Failure`` naming the channel.
    init(yaml: String) throws {
        guard let channels = try YAMLDocument.parse(yaml)?["channels"]?.mapping else { throw Failure("\(Self.document) has no channels") }
        var exchanges: [AMQPTopology.Exchange] = []
        var queues: [AMQPTopology.Queue] = []
        var bindings: [AMQPTopology.Binding] = []
        for (key, channel) in channels {
            let binding = channel["bindings"]?["amqp"]
            switch binding?["is"]?.string {
            case "routingKey":
                let exchange = try Self.exchange(binding?["exchange"], of: key.string ?? "")
                if !exchanges.contains(exchange) { exchanges.append(exchange) }
            case "queue":
                let queue = try Self.queue(binding?["queue"], arguments: channel["x-queue-arguments"], of: key.string ?? "")
                queues.append(queue)
                bindings += (channel["x-queue-bindings"]?.sequence ?? []).map { node in
                    .init(queue: queue.name, exchange: node["exchange"]?.string ?? "", routingKey: node["routingKey"]?.string ?? "")
                }
            default: throw Failure("\(Self.document): the channel \(key.string ?? "") has no AMQP binding")
            }
        }
        self.exchanges = exchanges
        self.queues = queues
        self.bindings = bindings
    }

    private static func exchange(_ node: YAMLNode?, of channel: String) throws -> AMQPTopology.Exchange {
        guard let name = node?["name"]?.string, let kind = (node?["type"]?.string).flatMap(AMQPTopology.ExchangeKind.init(rawValue:)) else {
            throw Failure("\(document): the exchange of channel \(channel) has no name or no type")
        }
        return .init(name, kind: kind, durable: node?["durable"]?.bool ?? true, autoDelete: node?["autoDelete"]?.bool ?? false)
    }

    private static func queue(_ node: YAMLNode?, arguments: YAMLNode?, of channel: String) throws -> AMQPTopology.Queue {
        guard let name = node?["name"]?.string else { throw Failure("\(document): the queue of channel \(channel) has no name") }
        let fields = (arguments?.mapping ?? []).map { key, value -> (String, AMQPValue) in
            (key.string ?? "", value.int.map { .int(Int64($0)) } ?? value.bool.map { .bool($0) } ?? .string(value.string ?? ""))
        }
        return .init(
            name, durable: node?["durable"]?.bool ?? true, exclusive: node?["exclusive"]?.bool ?? false,
            autoDelete: node?["autoDelete"]?.bool ?? false, arguments: AMQPTable(fields))
    }
}
