import AMQP
import Testing

@Suite("Consuming", .timeLimit(.minutes(30)))
struct ConsumeTests {
    private func publish(_ connection: AMQPConnection, _ queue: String, _ texts: some Sequence<Int>) async throws {
        let outcomes = try await connection.publish(texts.map { message(to: queue, "\($0)") })
        #expect(outcomes.allSatisfy { $0 == .confirmed })
    }

    @Test("Never more than the prefetch is unsettled, and a cumulative ack makes room for as many again")
    func prefetch() async throws {
        let queue = Broker.name("prefetch")
        try await withConnection(topology: exclusive(queue)) { connection in
            try await publish(connection, queue, 0..<100)
            let deliveries = connection.consume(queue, prefetch: 10)
            var got: [AMQPDelivery] = []
            for round in 1...10 {
                let batch = await deliveries.take(10)
                got += batch
                #expect(batch.count == 10)
                // The broker counts what it has not handed out: it keeps the rest back until the ack.
                #expect(try await connection.inspect(queue: queue)?.messages == 100 - 10 * round)
                connection.ack(through: try #require(batch.last))
            }
            #expect(got.map(\.text) == (0..<100).map { "\($0)" })
        }
    }

    @Test("A batch holds what is there, at most the maximum, never nothing")
    func batches() async throws {
        let queue = Broker.name("batches")
        try await withConnection(topology: exclusive(queue)) { connection in
            try await publish(connection, queue, 0..<1000)
            let batches = await connection.consume(queue, prefetch: 1000, maximumBatch: 7).batches(1000)
            #expect(batches.allSatisfy { (1...7).contains($0.count) })
            #expect(batches.joined().map(\.text) == (0..<1000).map { "\($0)" })
        }
    }

    @Test("A rejected message comes again, marked as redelivered; an acknowledged one does not")
    func requeue() async throws {
        let queue = Broker.name("requeue")
        try await withConnection(topology: exclusive(queue)) { connection in
            try await publish(connection, queue, 0..<3)
            let deliveries = connection.consume(queue, prefetch: 3)
            let first = await deliveries.take(3)
            connection.ack(first[0])
            connection.ack(first[0])
            connection.reject(first[1], requeue: true)
            connection.reject(first[2], requeue: false)
            let second = await deliveries.take(1)
            #expect(second.map(\.text) == ["1"])
            #expect(second.allSatisfy { $0.redelivered })
            connection.ack(second[0])
            await deliveries.stop()
            #expect(try await connection.inspect(queue: queue)?.messages == 0)
        }
    }

    @Test("Settlement in any order leaves nothing behind")
    func anyOrder() async throws {
        let queue = Broker.name("any-order")
        try await withConnection(topology: exclusive(queue)) { connection in
            try await publish(connection, queue, 0..<500)
            let deliveries = connection.consume(queue, prefetch: 500)
            let got = await deliveries.take(500)
            connection.nack(through: got[99], requeue: false)
            for delivery in got[100...].shuffled() { connection.ack(delivery) }
            await connection.flush()
            await deliveries.stop()
            #expect(connection.isConnected)
        }
        // An exclusive queue would hide what was not settled: the same with one that stays.
        try await withConnection { connection in
            try await connection.declare(AMQPTopology(queues: [.init(queue, durable: false)]))
            try await publish(connection, queue, 0..<500)
            let deliveries = connection.consume(queue, prefetch: 500)
            for delivery in await deliveries.take(500).shuffled() { connection.ack(delivery) }
            await connection.flush()
        }
        try await withConnection { connection async throws in
            #expect(try await connection.delete(queue: queue) == 0)
        }
    }

    @Test("Stopping gives a few deliveries that nobody took back at once; what was taken can still be settled")
    func stopWithFew() async throws {
        let queue = Broker.name("stop")
        try await withConnection(topology: exclusive(queue)) { connection in
            try await publish(connection, queue, 0..<10)
            let deliveries = connection.consume(queue, prefetch: 10, maximumBatch: 5)
            let taken = await deliveries.take(5)
            await deliveries.stop()
            try await eventually("5 messages are back") { try await connection.inspect(queue: queue) == .init(messages: 5, consumers: 0) }
            connection.ack(through: taken[4])
            let again = await connection.consume(queue, prefetch: 200).take(5)
            #expect(again.map(\.text).sorted() == (5..<10).map { "\($0)" })
        }
    }

    @Test("Stopping gives back what nobody took, many deliveries once what was taken is settled")
    func stop() async throws {
        let queue = Broker.name("stop")
        try await withConnection(topology: exclusive(queue)) { connection in
            try await publish(connection, queue, 0..<100)
            let deliveries = connection.consume(queue, prefetch: 50, maximumBatch: 5)
            let taken = await deliveries.take(5)
            await deliveries.stop()
            #expect(await deliveries.take(1).isEmpty)
            try await eventually("it consumes no more") { try await connection.inspect(queue: queue) == .init(messages: 50, consumers: 0) }
            connection.ack(through: taken[3])
            connection.reject(taken[4], requeue: true)
            try await eventually("all but the acked are back") { try await connection.inspect(queue: queue)?.messages == 96 }
            await deliveries.stop()
            let again = await connection.consume(queue, prefetch: 200).take(96)
            #expect(again.map(\.text).sorted() == (4..<100).map { "\($0)" }.sorted())
        }
    }

    @Test("A cancelled task stops iterating; the end of the connection ends every sequence")
    func ends() async throws {
        let queue = Broker.name("ends")
        let connection = AMQPConnection(try Broker.configuration(), topology: exclusive(queue), logger: .silent)
        let run = Task { try await connection.run() }
        let deliveries = connection.consume(queue, prefetch: 1)
        try await connection.connected()
        let cancelled = Task { await deliveries.take(1) }
        cancelled.cancel()
        #expect(await cancelled.value.isEmpty)
        let waiting = Task { await deliveries.take(1) }
        run.cancel()
        try await run.value
        #expect(await waiting.value.isEmpty)
        #expect(await connection.consume(queue, prefetch: 1).take(1).isEmpty)
    }

    @Test("Consumers have channels of their own: an error of one does not touch the other")
    func ownChannels() async throws {
        let (good, missing) = (Broker.name("good"), Broker.name("missing"))
        let log = LogRecorder()
        try await withConnection(topology: exclusive(good), logger: log.logger) { connection in
            let fine = connection.consume(good, prefetch: 10)
            let waiting = connection.consume(missing, prefetch: 10)
            try await publish(connection, good, 0..<3)
            let taken = await fine.take(3)
            // The missing queue appears: the consumer finds it by itself.
            try await eventually("the failure is logged") { log.count("cannot consume") == 1 }
            try await connection.declare(exclusive(missing))
            try await publish(connection, missing, 7..<8)
            #expect(await waiting.take(1).map(\.text) == ["7"])
            connection.ack(through: try #require(taken.last))
            await fine.stop()
            #expect(try await connection.inspect(queue: good)?.messages == 0)
            #expect(log.count("cannot consume") == 1)
            #expect(log.count("consuming again") == 1)
        }
    }

    @Test("When its queue is deleted a consumer says so once and takes up the next queue of that name")
    func serverCancel() async throws {
        let queue = Broker.name("deleted")
        let log = LogRecorder()
        try await withConnection(topology: exclusive(queue), logger: log.logger) { connection in
            let deliveries = connection.consume(queue, prefetch: 10)
            try await publish(connection, queue, 0..<1)
            let old = await deliveries.take(1)
            try await connection.delete(queue: queue)
            try await eventually("the cancellation is logged") { log.count("cannot consume") == 1 }
            try await connection.declare(exclusive(queue))
            connection.ack(old[0])
            try await publish(connection, queue, 5..<6)
            let new = await deliveries.take(1)
            #expect(new.map(\.text) == ["5"])
            connection.ack(new[0])
            await connection.flush()
            await deliveries.stop()
            #expect(try await connection.inspect(queue: queue) == .init(messages: 0, consumers: 0))
            #expect(log.count("cannot consume") == 1)
        }
    }

    @Test("Messages can be taken one by one, and an empty queue says so")
    func get() async throws {
        let queue = Broker.name("get")
        try await withConnection(topology: exclusive(queue)) { connection in
            try await publish(connection, queue, 0..<2)
            let first = try #require(try await connection.get(queue))
            let second = try #require(try await connection.get(queue))
            #expect([first.text, second.text] == ["0", "1"])
            let none = try await connection.get(queue)
            #expect(none == nil)
            connection.ack(first)
            connection.reject(second, requeue: true)
            let again = try #require(try await connection.get(queue))
            #expect(again.text == "1" && again.redelivered)
            await #expect(throws: AMQPError.self) { try await connection.get(Broker.name("missing")) }
            connection.ack(again)
            #expect(connection.isConnected)
        }
    }
}
