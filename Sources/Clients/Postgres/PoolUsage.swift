/// How much of a pool of connections is in use.
public struct PoolUsage: Sendable, Equatable {
    /// Connections that a caller has.
    public let leased: Int
    /// Connections that wait for one.
    public let idle: Int
    /// Connections that are being made.
    public let connecting: Int
    /// Callers that wait for a connection: a measure of whether there are enough.
    public let waiting: Int
}
