import AMQP
import Testing

@Suite("Publishing and consuming", .timeLimit(.minutes(30)))
struct PublishAndConsumeTests {
    @Test("Published messages are confirmed, delivered in order and gone once acknowledged")
    func roundTrip() async throws {
        let queue = Broker.name("round-trip")
        try await withConnection(topology: exclusive(queue)) { connection in
            let texts = (0..<1000).map { "message \($0)" }
            let outcomes = try await connection.publish(texts.map { message(to: queue, $0) })
            #expect(outcomes == Array(repeating: .confirmed, count: 1000))

            let deliveries = connection.consume(queue, prefetch: 2000)
            let got = await deliveries.take(1000)
            #expect(got.map(\.text) == texts)
            #expect(got.map(\.properties.messageID) == texts)
            #expect(got.allSatisfy { $0.routingKey == queue && $0.exchange == "" && !$0.redelivered })
            for delivery in got { connection.ack(delivery) }
            await deliveries.stop()
            await connection.flush()
            #expect(try await connection.inspect(queue: queue) == AMQPQueueStatus(messages: 0, consumers: 0))
        }
    }
}
