/// One connection kept, for what lives with a connection: advisory locks, settings, LISTEN.
///
/// Each statement stands alone. What it leaves behind is cleared when it goes back: locks, settings, temporary tables, an open transaction.
public final class PostgresSession: PostgresQueryable {
    let lane: PostgresLane

    init(lane: PostgresLane) {
        self.lane = lane
    }

    /// The session's own connection.
    public nonisolated(nonsending) func withLane<T>(_ body: nonisolated(nonsending) (PostgresLane) async throws -> T) async throws -> T {
        try await body(lane)
    }

    /// What is sent to the channels that this session listens to; ends with the session or the connection. Call it before `LISTEN`.
    public func notifications() -> AsyncStream<PostgresNotification> {
        let (stream, continuation) = AsyncStream.makeStream(of: PostgresNotification.self)
        if !lane.pool.mailbox.post(.notify(lane.connection, continuation)) { continuation.finish() }
        return stream
    }
}
