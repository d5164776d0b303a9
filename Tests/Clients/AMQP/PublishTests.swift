import AMQP
import Testing

@Suite("Publishing", .timeLimit(.minutes(30)))
struct PublishTests {
    @Test("A mandatory message that no queue takes is told apart from its neighbours")
    func unroutable() async throws {
        let queue = Broker.name("routable")
        try await withConnection(topology: exclusive(queue)) { connection in
            let nowhere = Broker.name("nowhere")
            // The same text twice, once routable and once not, and runs of both.
            let keys = (0..<300).map { $0 % 3 == 0 || $0 > 250 ? nowhere : queue }
            let outcomes = try await connection.publish(keys.map { message(to: $0, "same text") })
            for (key, outcome) in zip(keys, outcomes) {
                if key == queue {
                    #expect(outcome == .confirmed)
                } else {
                    #expect(outcome == .unroutable(replyCode: 312, replyText: "NO_ROUTE"))
                }
            }
            #expect(try await connection.inspect(queue: queue)?.messages == keys.count { $0 == queue })
        }
    }

    @Test("Messages that differ only in their headers are told apart when one comes back")
    func unroutableByHeaders() async throws {
        let (exchange, queue) = (Broker.name("headers"), Broker.name("german"))
        var topology = exclusive(queue)
        topology.exchanges = [.init(exchange, kind: .headers, durable: false, autoDelete: true)]
        topology.bindings = [.init(queue: queue, exchange: exchange, arguments: ["x-match": "all", "language": "de"])]
        try await withConnection(topology: topology) { connection in
            let messages = ["de", "en", "de"].map {
                AMQPMessage(exchange: exchange, routingKey: "", properties: .init(headers: ["language": .string($0)]), body: [1])
            }
            let outcomes = try await connection.publish(messages)
            #expect(outcomes == [.confirmed, .unroutable(replyCode: 312, replyText: "NO_ROUTE"), .confirmed])
        }
    }

    @Test("A message that is not mandatory is confirmed although it goes nowhere")
    func notMandatory() async throws {
        try await withConnection { connection async throws in
            #expect(try await connection.publish([message(to: Broker.name("nowhere"), "lost")], mandatory: false) == [.confirmed])
            #expect(try await connection.publish([]) == [])
        }
    }

    @Test("A queue that is full and refuses makes a message rejected, not confirmed")
    func rejected() async throws {
        let queue = Broker.name("full")
        let topology = exclusive(queue, arguments: ["x-max-length": 1, "x-overflow": "reject-publish"])
        try await withConnection(topology: topology) { connection async throws in
            #expect(try await connection.publish([message(to: queue, "fits")]) == [.confirmed])
            #expect(try await connection.publish([message(to: queue, "does not")]) == [.rejected])
            #expect(try await connection.get(queue)?.text == "fits")
        }
    }

    @Test("A missing exchange fails the call that names it; nothing of the calls beside it is lost")
    func missingExchange() async throws {
        let queue = Broker.name("beside")
        try await withConnection(topology: exclusive(queue)) { connection in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        if number % 10 == 5 {
                            let lost = AMQPMessage(exchange: Broker.name("no-exchange"), routingKey: "", body: [])
                            do {
                                _ = try await connection.publish([lost])
                                return false
                            } catch AMQPError.notFound { return true }
                        }
                        let messages = (0..<25).map { message(to: queue, "\(number)/\($0)") }
                        return try await connection.publish(messages) == Array(repeating: .confirmed, count: 25)
                    }
                }
                for try await asExpected in group { #expect(asExpected) }
            }
            // What the closed channel left open is published again: at least once.
            let depth = try #require(try await connection.inspect(queue: queue)).messages
            let got = await connection.consume(queue, prefetch: 5000).take(depth)
            #expect(Set(got.map(\.text)).count == 36 * 25)
            #expect(connection.isConnected)
        }
    }

    @Test("Bodies of several megabytes, with every byte there is, go through frames of 4 KB and of 128 KB", arguments: [4096, 131_072])
    func largeBodies(frameMax: Int) async throws {
        let queue = Broker.name("large")
        var configuration = try Broker.configuration()
        configuration.frameMax = frameMax
        try await withConnection(configuration, topology: exclusive(queue)) { connection in
            let sizes = [frameMax - 9, frameMax - 8, frameMax - 7, 0, 2 * (frameMax - 8), 5_000_003, 1]
            let bodies = sizes.map { size in (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) } }
            let outcomes = try await connection.publish(bodies.map { AMQPMessage(exchange: "", routingKey: queue, body: $0) })
            #expect(outcomes == Array(repeating: .confirmed, count: sizes.count))
            let got = await connection.consume(queue, prefetch: 100).take(sizes.count)
            for (delivery, body) in zip(got, bodies) { #expect(delivery.body == body) }
        }
    }

    @Test("Many calls at once share the channel and each gets its own answer")
    func overlapping() async throws {
        let queue = Broker.name("many")
        try await withConnection(topology: exclusive(queue)) { connection in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        let routable = number % 7 != 0
                        let outcome = try await connection.publish([message(to: routable ? queue : Broker.name("nowhere"), "\(number)")])
                        #expect((outcome == [.confirmed]) == routable)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await connection.inspect(queue: queue)?.messages == (0..<500).count { $0 % 7 != 0 })
        }
    }

    @Test("Publishing waits for the connection; without one it times out; after the end it is refused")
    func life() async throws {
        let connection = AMQPConnection(try Broker.configuration(), logger: .silent)
        await #expect(throws: AMQPError.timeout("run() was not called")) {
            try await connection.publish([message(to: "q", "early")], timeout: .milliseconds(50))
        }
        let early = Task { try await connection.publish([message(to: "nowhere", "early")], mandatory: false) }
        let run = Task { try await connection.run() }
        #expect(try await early.value == [.confirmed])
        await #expect(throws: AMQPError.alreadyRunning) { try await connection.run() }
        run.cancel()
        try await run.value
        #expect(!connection.isConnected)
        await #expect(throws: AMQPError.closed) { try await connection.publish([message(to: "q", "late")]) }
        await #expect(throws: AMQPError.closed) { try await connection.connected() }
        await connection.flush()
    }

    @Test("A cancelled task that waits for the connection gives up at once")
    func cancelled() async throws {
        let connection = AMQPConnection(try Broker.configuration(), logger: .silent)
        let waiting = Task { try await connection.connected() }
        let publishing = Task { try await connection.publish([message(to: "q", "never")]) }
        waiting.cancel()
        publishing.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        await #expect(throws: CancellationError.self) { try await publishing.value }
    }
}
