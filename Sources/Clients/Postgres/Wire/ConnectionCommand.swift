/// What the I/O thread is asked to do with a connection, by its number, or with all of them.
enum ConnectionCommand: Sendable {
    /// A new connection, free for use.
    case adopt(Int, ConnectionHandle)
    case perform(Int, [Operation])
    /// The task of one who waits was cancelled.
    case cancel(Int)
    /// The server has been asked to cancel.
    case cancelAsked(Int)
    /// Everything but commits is to stop.
    case cancelStatements
    /// Which statement has waited longest.
    case inspect(CheckedContinuation<(sql: String, age: Duration)?, Never>)
    case notify(Int, AsyncStream<PostgresNotification>.Continuation)
    /// Nobody gets notifications any more.
    case endNotifications
    case discard(Int)
    case stop
}
