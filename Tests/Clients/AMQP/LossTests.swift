import AMQP
import Testing

@Suite("Loss of the connection", .timeLimit(.minutes(30)))
struct LossTests {
    /// The shared broker through a proxy.
    private func proxied() throws -> (Proxy, AMQPConfiguration) {
        var configuration = try Broker.configuration()
        let proxy = try Proxy(to: configuration.port)
        configuration.host = "127.0.0.1"
        configuration.port = proxy.port
        configuration.reconnectDelay = .milliseconds(5)...Duration.milliseconds(50)
        return (proxy, configuration)
    }

    @Test("A broker that falls silent is noticed after two heartbeats, long before requests time out")
    func heartbeatLoss() async throws {
        var (proxy, configuration) = try proxied()
        configuration.heartbeat = .seconds(1)
        try await withConnection(configuration) { [proxy] connection in
            #expect(try await connection.publish([message(to: "nowhere", "heard")], mandatory: false) == [.confirmed])
            proxy.fallSilent()
            let start = ContinuousClock.now
            await #expect(throws: AMQPError.connectionLost(reason: "nothing heard for two heartbeats")) {
                try await connection.publish([message(to: "anywhere", "into the void")])
            }
            // The exact time is held by ConnectionStateMachineTests; here, that it is not the time-out of the request.
            #expect(ContinuousClock.now - start < .seconds(25))
            proxy.speakAgain()
            proxy.cut()
            try await connection.connected()
            #expect(try await connection.publish([message(to: "nowhere", "heard")], mandatory: false) == [.confirmed])
        }
        proxy.close()
    }

    @Test("What was not sent before a loss is not lost: it is published on the next connection")
    func unsent() async throws {
        var (proxy, configuration) = try proxied()
        configuration.heartbeat = .seconds(1)
        try await withConnection(configuration) { [proxy] connection in
            proxy.fallSilent()
            // The channel for publishing is opened by the first message, and here that is not answered.
            let publishing = Task { try await connection.publish([message(to: "nowhere", "patient")], mandatory: false) }
            let asking = Task { try await connection.publish([message(to: "nowhere", "impatient")], mandatory: false, timeout: .milliseconds(300)) }
            let error = await #expect(throws: AMQPError.self) { try await asking.value }
            guard case .timeout = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            try await eventually("the loss is noticed") { !connection.isConnected }
            proxy.speakAgain()
            proxy.cut()
            #expect(try await publishing.value == [.confirmed])
        }
        proxy.close()
    }

    @Test("With nothing to do heartbeats keep a connection through many of their intervals")
    func heartbeats() async throws {
        var (proxy, configuration) = try proxied()
        configuration.heartbeat = .seconds(1)
        let other = try Broker.configuration()
        try await withConnection(configuration) { [proxy] connection in
            try await withConnection(other) { clock in
                // Time passes at the broker: a message that lives for 5 s is gone.
                let queue = Broker.name("clock")
                try await clock.declare(exclusive(queue))
                var mayfly = message(to: queue, "mayfly")
                mayfly.properties.expiration = .seconds(5)
                _ = try await clock.publish([mayfly])
                try await eventually("five seconds pass") { try await clock.inspect(queue: queue)?.messages == 0 }
            }
            #expect(connection.isConnected)
            #expect(proxy.connections == 1)
        }
        proxy.close()
    }

    @Test("After a cut everything is set up again: topology, consumers; what was not acknowledged comes again")
    func reconnect() async throws {
        let (proxy, configuration) = try proxied()
        let (kept, gone) = (Broker.name("kept"), Broker.name("gone"))
        let log = LogRecorder()
        let topology = AMQPTopology(queues: [.init(kept, durable: false, autoDelete: false), .init(gone, durable: false, exclusive: true)])
        try await withConnection(configuration, topology: topology, logger: log.logger) { connection in
            let deliveries = connection.consume(kept, prefetch: 10)
            _ = try await connection.publish((0..<4).map { message(to: kept, "\($0)") })
            let before = await deliveries.take(4)
            connection.ack(through: before[1])
            await connection.flush()
            try await eventually("two are settled") { try await connection.inspect(queue: kept)?.messages == 0 }

            proxy.cut()
            try await eventually("a second connection") { proxy.connections == 2 }
            try await connection.connected()
            let after = await deliveries.take(2)
            #expect(after.map(\.text) == ["2", "3"])
            #expect(after.allSatisfy { $0.redelivered })
            // A late settlement of the old channel's deliveries must not hit the new one's.
            for delivery in before { connection.ack(delivery) }
            connection.reject(after[0], requeue: true)
            let again = await deliveries.take(1)
            #expect(again.map(\.text) == ["2"])
            connection.ack(again[0])
            connection.ack(after[1])
            #expect(try await connection.inspect(queue: gone) != nil)
            await deliveries.stop()
            #expect(try await connection.delete(queue: kept) == 0)
            #expect(log.count("no connection") == 1)
            #expect(log.count("connected to the broker") == 2)
        }
        proxy.close()
    }

    @Test("Publishing in flight fails when the connection is cut, and what is asked meanwhile waits for the next one")
    func publishing() async throws {
        let (proxy, configuration) = try proxied()
        let queue = Broker.name("in-flight")
        try await withConnection(configuration) { connection in
            try await connection.declare(AMQPTopology(queues: [.init(queue, durable: false)]))
            _ = try await connection.publish([message(to: queue, "first")])
            proxy.fallSilent()
            let inFlight = Task { try await connection.publish([message(to: queue, "lost")]) }
            try await eventually("the message is on its way") { proxy.lostBytes > 0 }
            proxy.cut()
            proxy.speakAgain()
            let lost = await #expect(throws: AMQPError.self) { try await inFlight.value }
            guard case .connectionLost = lost else {
                Issue.record("\(String(describing: lost))")
                return
            }
            #expect(try await connection.publish([message(to: queue, "kept")]) == [.confirmed])
            #expect(try await connection.get(queue)?.text == "first")
            #expect(try await connection.get(queue)?.text == "kept")
            try await connection.delete(queue: queue)
        }
        proxy.close()
    }

    @Test("A hundred cuts under load lose no message that was confirmed, and every consumer comes back")
    func underLoad() async throws {
        let (proxy, configuration) = try proxied()
        let queue = Broker.name("load")
        let topology = AMQPTopology(queues: [.init(queue, durable: true)])
        try await withConnection(configuration, topology: topology) { connection in
            let publishing = Task {
                var confirmed: Set<String> = []
                for round in 0..<300 {
                    let texts = (0..<20).map { "\(round)/\($0)" }
                    while true {
                        do {
                            let outcomes = try await connection.publish(texts.map { message(to: queue, $0) })
                            if outcomes.allSatisfy({ $0 == .confirmed }) { break }
                        } catch AMQPError.connectionLost {}
                    }
                    confirmed.formUnion(texts)
                    if round % 3 == 0 { proxy.cut() }
                }
                return confirmed
            }
            var seen: Set<String> = []
            for await batch in connection.consume(queue, prefetch: 100) {
                for delivery in batch { seen.insert(delivery.text) }
                if let last = batch.last { connection.ack(through: last) }
                if seen.count == 300 * 20 { break }
            }
            #expect(try await publishing.value == seen)
            try await connection.delete(queue: queue)
        }
        #expect(proxy.connections > 50)
        proxy.close()
    }
}
