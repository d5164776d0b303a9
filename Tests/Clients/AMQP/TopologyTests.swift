import AMQP
import Testing

@Suite("Topology", .timeLimit(.minutes(30)))
struct TopologyTests {
    @Test("Exchanges, queues and bindings are declared, may be declared again, and route")
    func declare() async throws {
        let (exchange, queue) = (Broker.name("exchange"), Broker.name("queue"))
        var topology = exclusive(queue, arguments: ["x-max-length": 100])
        topology.exchanges = [.init(exchange, kind: .topic, durable: false)]
        topology.bindings = [.init(queue: queue, exchange: exchange, routingKey: "ride.*")]
        try await withConnection(topology: topology) { [topology] connection in
            try await connection.declare(topology)
            let messages = ["ride.completed", "booking.made"].map { AMQPMessage(exchange: exchange, routingKey: $0, body: [1]) }
            let outcomes = try await connection.publish(messages)
            #expect(outcomes == [.confirmed, .unroutable(replyCode: 312, replyText: "NO_ROUTE")])
            #expect(try await connection.exists(exchange: exchange))
            #expect(try await connection.purge(queue: queue) == 1)
            try await connection.delete(exchange: exchange)
            #expect(try await !connection.exists(exchange: exchange))
            #expect(try await connection.delete(queue: queue) == 0)
            #expect(try await connection.inspect(queue: queue) == nil)
            #expect(try await connection.delete(queue: queue) == 0)
        }
    }

    @Test("A queue that is there otherwise is reported by name, and the connection lives on")
    func mismatch() async throws {
        let queue = Broker.name("mismatch")
        try await withConnection(topology: exclusive(queue)) { connection async throws in
            let otherwise = exclusive(queue, arguments: ["x-max-length": 5])
            let error = await #expect(throws: AMQPError.self) { try await connection.declare(otherwise) }
            guard case .preconditionFailed(let text) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(text.contains(queue))
            #expect(connection.isConnected)
            #expect(try await connection.inspect(queue: queue) == .init(messages: 0, consumers: 0))
        }
    }

    @Test("run() ends when the first connection finds a queue otherwise than declared")
    func mismatchAtStart() async throws {
        let queue = Broker.name("mismatch")
        try await withConnection { connection in
            try await connection.declare(AMQPTopology(queues: [.init(queue, durable: false, autoDelete: false)]))
            let other = AMQPConnection(
                try Broker.configuration(), topology: AMQPTopology(queues: [.init(queue, durable: true)]), logger: .silent)
            let error = await #expect(throws: AMQPError.self) { try await other.run() }
            #expect(error?.description.contains(queue) == true)
            try await connection.delete(queue: queue)
        }
    }

    @Test("A passive look does not disturb what else goes on")
    func inspect() async throws {
        let queue = Broker.name("inspect")
        try await withConnection(topology: exclusive(queue)) { connection in
            let held = connection.consume(queue, prefetch: 5)
            _ = try await connection.publish((0..<8).map { message(to: queue, "\($0)") })
            let taken = await held.take(5)
            #expect(try await connection.inspect(queue: Broker.name("missing")) == nil)
            #expect(try await !connection.exists(exchange: Broker.name("missing")))
            #expect(try await connection.inspect(queue: queue) == .init(messages: 3, consumers: 1))
            connection.ack(through: try #require(taken.last))
            #expect(await held.take(3).map(\.text) == ["5", "6", "7"])
        }
    }
}
