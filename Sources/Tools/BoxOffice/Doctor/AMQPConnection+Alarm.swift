import AMQP

extension AMQPConnection {
    /// Asks whether the broker takes messages. It says that it does not only to who publishes, and may still take the first one: so two messages go
    /// to a queue that is not there.
    /// - Throws: `AMQPError.blocked` when it is short of memory or disk.
    func demandThatItTakesMessages() async throws {
        let probe = AMQPMessage(exchange: "", routingKey: "boxoffice.doctor.no-such-queue", body: [])
        for _ in 0..<2 { _ = try await publish([probe], mandatory: true, timeout: .seconds(3)) }
    }
}
