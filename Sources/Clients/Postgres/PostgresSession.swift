import ClientSupport

/// One connection kept, for what lives with a connection: advisory locks, settings, LISTEN.
///
/// Each statement stands alone. What it leaves behind is cleared when it goes back: locks, settings, temporary tables, an open transaction.
public final class PostgresSession: PostgresQueryable {
    let lease: ConnectionLease

    init(lease: ConnectionLease) {
        self.lease = lease
    }

    /// The session's own connection.
    public nonisolated(nonsending) func withLane<T>(_ body: nonisolated(nonsending) (ConnectionLease) async throws -> T) async throws -> T {
        try await body(lease)
    }

    /// What is sent to the channels that this session listens to; ends with the session or the connection. Call it before `LISTEN`.
    public func notifications() -> AsyncStream<PostgresNotification> {
        let (stream, continuation) = AsyncStream.makeStream(of: PostgresNotification.self)
        if !lease.pool.commandQueue.post(.notify(lease.connection, continuation)) { continuation.finish() }
        return stream
    }
}
