import AMQP
import Testing

@Suite("Staging", .timeLimit(.minutes(30)))
struct StageTests {
    private func texts(_ numbers: Range<Int>, _ prefix: String = "") -> [String] { numbers.map { "\(prefix)\($0)" } }

    @Test("Nobody sees staged messages before the commit; then they are there, in order")
    func commit() async throws {
        let queue = Broker.name("staged")
        try await withConnection(topology: exclusive(queue)) { connection in
            let deliveries = connection.consume(queue, prefetch: 5_000)
            let staged = try await connection.stage(texts(0..<1_000).map { message(to: queue, $0) })
            // The broker holds them; what is published after them overtakes them.
            #expect(try await connection.inspect(queue: queue)?.messages == 0)
            _ = try await connection.publish([message(to: queue, "overtakes")])
            #expect(await deliveries.take(1).map(\.text) == ["overtakes"])
            #expect(try await staged.commit() == Array(repeating: .confirmed, count: 1_000))
            #expect(await deliveries.take(1_000).map(\.text) == texts(0..<1_000))
        }
    }

    @Test("A quorum queue has what was committed")
    func quorum() async throws {
        let queue = Broker.name("quorum")
        let topology = AMQPTopology(queues: [.init(queue, arguments: ["x-queue-type": "quorum"])])
        try await withConnection(topology: topology) { connection in
            let staged = try await connection.stage(texts(0..<300).map { message(to: queue, $0) })
            #expect(try await connection.get(queue) == nil)
            #expect(try await staged.commit() == Array(repeating: .confirmed, count: 300))
            #expect(await connection.consume(queue, prefetch: 1_000).take(300).map(\.text) == texts(0..<300))
            try await connection.delete(queue: queue)
        }
    }

    @Test("The commit tells which messages no queue takes, by their positions")
    func unroutable() async throws {
        let queue = Broker.name("routable")
        try await withConnection(topology: exclusive(queue)) { connection in
            let nowhere = Broker.name("nowhere")
            let keys = (0..<300).map { $0 % 3 == 0 || $0 > 250 ? nowhere : queue }
            let staged = try await connection.stage(keys.map { message(to: $0, "same text") })
            for (key, outcome) in zip(keys, try await staged.commit()) {
                #expect(outcome == (key == queue ? .confirmed : .unroutable(replyCode: 312, replyText: "NO_ROUTE")))
            }
            #expect(try await connection.inspect(queue: queue)?.messages == keys.count { $0 == queue })
            let quiet = try await connection.stage([message(to: nowhere, "dropped")], mandatory: false)
            #expect(try await quiet.commit() == [.confirmed])
        }
    }

    @Test("A rollback leaves nothing, and neither does dropping the last reference; the channel serves again")
    func rollback() async throws {
        let queue = Broker.name("rolled-back")
        try await withConnection(topology: exclusive(queue)) { connection in
            for round in 0..<5 {
                let staged = try await connection.stage([message(to: queue, "never")])
                staged.rollback()
                await #expect(throws: AMQPError.stagingLost) { try await staged.commit() }
                _ = try await connection.stage([message(to: queue, "dropped")])
                let kept = try await connection.stage([message(to: queue, "\(round)")])
                #expect(try await kept.commit() == [.confirmed])
            }
            #expect(await connection.consume(queue, prefetch: 100).take(5).map(\.text) == texts(0..<5))
            #expect(try await connection.inspect(queue: queue)?.messages == 0)
        }
    }

    @Test("A batch is committed once")
    func twice() async throws {
        let queue = Broker.name("twice")
        try await withConnection(topology: exclusive(queue)) { connection in
            let staged = try await connection.stage([message(to: queue, "once")])
            #expect(try await staged.commit() == [.confirmed])
            await #expect(throws: AMQPError.stagingLost) { try await staged.commit() }
            staged.rollback()
            #expect(try await connection.inspect(queue: queue)?.messages == 1)
            #expect(try await connection.stage([]).commit() == [])
        }
    }

    @Test("Batches that are staged at the same time are committed and rolled back each by itself")
    func together() async throws {
        let queue = Broker.name("together")
        try await withConnection(topology: exclusive(queue)) { connection in
            let first = try await connection.stage(texts(0..<100, "first ").map { message(to: queue, $0) })
            let second = try await connection.stage(texts(0..<100, "second ").map { message(to: queue, $0) })
            let third = try await connection.stage(texts(0..<100, "third ").map { message(to: queue, $0) })
            #expect(try await third.commit() == Array(repeating: .confirmed, count: 100))
            second.rollback()
            #expect(try await connection.inspect(queue: queue)?.messages == 100)
            #expect(try await first.commit() == Array(repeating: .confirmed, count: 100))
            let got = await connection.consume(queue, prefetch: 1_000).take(200)
            #expect(got.map(\.text) == texts(0..<100, "third ") + texts(0..<100, "first "))
        }
    }

    @Test("An exchange that does not exist is told when staging, and what is staged beside it stays")
    func missingExchange() async throws {
        let queue = Broker.name("beside")
        try await withConnection(topology: exclusive(queue)) { connection in
            let beside = try await connection.stage([message(to: queue, "beside")])
            let lost = AMQPMessage(exchange: Broker.name("no-exchange"), routingKey: "", body: [])
            let error = await #expect(throws: AMQPError.self) { try await connection.stage([message(to: queue, "with it"), lost]) }
            guard case .notFound = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try await connection.stage([message(to: queue, "after")]).commit() == [.confirmed])
            #expect(try await beside.commit() == [.confirmed])
            #expect(await connection.consume(queue, prefetch: 10).take(2).map(\.text) == ["after", "beside"])
            #expect(try await connection.inspect(queue: queue)?.messages == 0)
        }
    }

    @Test("A queue that is full and refuses fails the commit")
    func refused() async throws {
        let queue = Broker.name("full")
        let topology = exclusive(queue, arguments: ["x-max-length": 1, "x-overflow": "reject-publish"])
        try await withConnection(topology: topology) { connection async throws in
            #expect(try await connection.stage([message(to: queue, "fits")]).commit() == [.confirmed])
            let staged = try await connection.stage([message(to: queue, "does not")])
            let error = await #expect(throws: AMQPError.self) { try await staged.commit() }
            guard case .preconditionFailed = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try await connection.get(queue)?.text == "fits")
            #expect(try await connection.stage([message(to: queue, "fits again")]).commit() == [.confirmed])
        }
    }

    @Test("Bodies that need many frames are staged beside messages that are published", arguments: [4096, 131_072])
    func largeBodies(frameMax: Int) async throws {
        let queue = Broker.name("large")
        var configuration = try Broker.configuration()
        configuration.frameMax = frameMax
        try await withConnection(configuration, topology: exclusive(queue)) { connection in
            let sizes = [frameMax - 7, 0, 3_000_001, 1]
            let bodies = sizes.map { size in (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) } }
            async let published = connection.publish(bodies.map { AMQPMessage(exchange: "", routingKey: queue, body: $0) })
            let staged = try await connection.stage(bodies.map { AMQPMessage(exchange: "", routingKey: queue, body: $0) })
            #expect(try await published == Array(repeating: .confirmed, count: sizes.count))
            #expect(try await staged.commit() == Array(repeating: .confirmed, count: sizes.count))
            let got = await connection.consume(queue, prefetch: 100).take(2 * sizes.count)
            for (delivery, body) in zip(got, bodies + bodies) { #expect(delivery.body == body) }
        }
    }

    // MARK: Loss

    /// The shared broker through a proxy, and a queue that outlives connections.
    private func withProxy(_ body: @escaping @Sendable (AMQPConnection, Proxy, String) async throws -> Void) async throws {
        var configuration = try Broker.configuration()
        let proxy = try Proxy(to: configuration.port)
        configuration.host = "127.0.0.1"
        configuration.port = proxy.port
        configuration.reconnectDelay = .milliseconds(5)...Duration.milliseconds(50)
        let queue = Broker.name("survives")
        try await withConnection(configuration, topology: AMQPTopology(queues: [.init(queue, durable: true)])) { connection in
            try await body(connection, proxy, queue)
            try await connection.delete(queue: queue)
        }
        proxy.close()
    }

    @Test("A connection that is lost after staging takes the batch with it: the commit says that nothing was published")
    func lostBeforeCommit() async throws {
        try await withProxy { connection, proxy, queue in
            let staged = try await connection.stage(texts(0..<10).map { message(to: queue, $0) })
            proxy.cut()
            try await eventually("a second connection") { proxy.connections == 2 }
            try await connection.connected()
            await #expect(throws: AMQPError.stagingLost) { try await staged.commit() }
            #expect(try await connection.inspect(queue: queue)?.messages == 0)
            #expect(try await connection.stage([message(to: queue, "again")]).commit() == [.confirmed])
        }
    }

    @Test("A connection that is lost while the commit is under way leaves it unknown, and while staging nothing published")
    func lostUnderWay() async throws {
        try await withProxy { connection, proxy, queue in
            let staged = try await connection.stage([message(to: queue, "swallowed")])
            proxy.fallSilent()
            let committing = Task { try await staged.commit() }
            try await eventually("the commit is on its way") { proxy.lostBytes > 0 }
            let bytes = proxy.lostBytes
            let staging = Task { try await connection.stage([message(to: queue, "lost")]) }
            try await eventually("the message is on its way") { proxy.lostBytes > bytes }
            proxy.cut()
            proxy.speakAgain()
            for error in [
                await #expect(throws: AMQPError.self, performing: { _ = try await committing.value }),
                await #expect(throws: AMQPError.self, performing: { _ = try await staging.value }),
            ] {
                guard case .connectionLost = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
            }
            try await connection.connected()
            #expect(try await connection.inspect(queue: queue)?.messages == 0)
        }
    }

    @Test("Without an answer staging and commit end when their time is up")
    func timeout() async throws {
        try await withProxy { connection, proxy, queue in
            let staged = try await connection.stage([message(to: queue, "staged")])
            proxy.fallSilent()
            for attempt in [
                Task { _ = try await connection.stage([message(to: queue, "late")], timeout: .milliseconds(100)) },
                Task { _ = try await staged.commit(timeout: .milliseconds(100)) },
            ] {
                let error = await #expect(throws: AMQPError.self) { try await attempt.value }
                guard case .timeout = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
            }
            proxy.cut()
            proxy.speakAgain()
            try await connection.connected()
        }
    }

    @Test("A cancelled task that waits for the connection stages nothing")
    func cancelled() async throws {
        let connection = AMQPConnection(try Broker.configuration(), logger: .silent)
        let staging = Task { try await connection.stage([message(to: "q", "never")]) }
        staging.cancel()
        await #expect(throws: CancellationError.self) { _ = try await staging.value }
        await #expect(throws: AMQPError.timeout("run() was not called")) {
            try await connection.stage([message(to: "q", "early")], timeout: .milliseconds(50))
        }
    }
}
