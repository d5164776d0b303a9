/// What `NOTIFY` sent.
public struct PostgresNotification: Sendable, Hashable {
    /// The channel.
    public let channel: String
    /// The payload; empty if there was none.
    public let payload: String
    /// The process of the server's that sent it, as in `pg_backend_pid()`.
    public let sender: Int32
}
