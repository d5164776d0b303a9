import AMQP

extension AMQPConnection {
    /// Checks whether the broker accepts messages. It reports that it does not only to connections that publish, and
    /// may still accept the first message: so two messages are published to a queue that does not exist.
    /// - Throws: `AMQPError.blocked` when the broker is short of memory or disk.
    func demandThatItTakesMessages() async throws {
        let probe = AMQPMessage(exchange: "", routingKey: "boxoffice.doctor.no-such-queue", body: [])
        for _ in 0..<2 { _ = try await publish([probe], mandatory: true, timeout: .seconds(3)) }
    }
}
