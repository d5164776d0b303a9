extension PostgresClient {
    /// What is sent to a channel. Keeps a connection, and makes a new one when that is lost: what is sent meanwhile is missed.
    ///
    /// Ends with the client. Letting go of the stream gives the connection back. Behind a pooler that lends connections for a transaction
    /// nothing can be listened to: the stream ends at once.
    public func listen(_ channel: String) -> AsyncStream<PostgresNotification> {
        let (stream, continuation) = AsyncStream.makeStream(of: PostgresNotification.self)
        guard pool.configuration.pooler != .transaction else {
            continuation.finish()
            return stream
        }
        let name = "\"" + channel.replacing("\"", with: "\"\"") + "\""
        let listening = Task {
            while !Task.isCancelled {
                do {
                    try await withConnection { session in
                        let notifications = session.notifications()
                        try await session.script("listen \(name)")
                        for await notification in notifications { continuation.yield(notification) }
                    }
                } catch PostgresError.closed {
                    break
                } catch {
                    try? await Task.sleep(for: .seconds(1))
                }
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in listening.cancel() }
        return stream
    }
}
