/// Messages that the broker holds, seen by nobody, until they are committed; from `AMQPConnection.stage`.
///
/// They are gone, unpublished, when they are rolled back, when the last reference to this is dropped, and when the connection is lost.
public final class AMQPStagedMessages: Sendable {
    private let connection: AMQPConnection
    private let id: UInt64

    init(_ id: UInt64, on connection: AMQPConnection) {
        self.id = id
        self.connection = connection
    }

    deinit { connection.rollBack(id) }

    /// Publishes them, in their order, and returns when the broker has settled every one, outcomes in the order of the messages.
    ///
    /// The broker answers when the queues have taken all messages as they do for a publisher confirm (RabbitMQ, "Broker Semantics", tx): an answer is worth
    /// as much. It looked for queues when the messages were staged: `unroutable` says that there was none then.
    ///
    /// Throws `AMQPError.stagingLost` when nothing is staged any more: nothing was published (or it was committed before). `connectionLost` when the connection is
    /// lost after the commit was sent: nobody knows, publish again. `preconditionFailed` when a queue has refused a message: others may have been
    /// taken. `timeout`, `blocked` when it takes too long; unknown too. `CancellationError` when the task is cancelled before anything was sent.
    public func commit(timeout: Duration = .seconds(30)) async throws -> [AMQPPublishOutcome] {
        try await connection.commit(id, timeout: timeout)
    }

    /// Drops them; nothing is published. Does nothing after `commit`.
    public func rollback() { connection.rollBack(id) }
}
