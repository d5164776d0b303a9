/// What the broker says of a queue.
public struct AMQPQueueStatus: Sendable, Equatable {
    /// Messages ready to be delivered (those handed out and not yet acknowledged do not count).
    public var messages: Int
    /// Consumers of the queue.
    public var consumers: Int

    /// A status, for tests and comparisons.
    public init(messages: Int, consumers: Int) {
        self.messages = messages
        self.consumers = consumers
    }
}
