import ClientSupport

/// What a consumer gets, in batches: everything that the broker has already delivered, at least one message. One task iterates.
///
/// The sequence goes on through reconnects; it ends with `stop()`, with the end of the connection's `run()`, and for a task that is cancelled.
public struct AMQPDeliveries: AsyncSequence, Sendable {
    /// A batch.
    public typealias Element = [AMQPDelivery]
    /// The sequence never fails.
    public typealias Failure = Never

    let consumer: Consumer
    let commandQueue: CommandQueue<Command>

    /// Ends the subscription (`basic.cancel`) and the sequence. What was taken can still be settled. What the broker had delivered and nobody has
    /// taken goes back to the queue: a few deliveries at once, many as soon as all that was taken is settled.
    public func stop() async {
        await withCheckedContinuation { commandQueue.post(orFail: .stop(consumer, $0)) }
    }

    /// Iterates over the batches from now on.
    public func makeAsyncIterator() -> Iterator { Iterator(consumer: consumer) }

    /// Takes one batch after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let consumer: Consumer

        /// The next batch; `nil` at the end.
        public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async -> [AMQPDelivery]? { await consumer.next() }

        /// The next batch; `nil` at the end.
        public mutating func next() async -> [AMQPDelivery]? { await consumer.next() }
    }
}
