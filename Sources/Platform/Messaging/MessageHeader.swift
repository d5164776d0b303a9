/// The AMQP headers that retry and parking write. They are kept until the message is done with.
public enum MessageHeader {
    /// How often the message has been tried, an integer.
    public static let attempts = "x-boxoffice-attempts"
    /// Why the last attempt failed.
    public static let reason = "x-boxoffice-reason"
    /// The queue in which it failed.
    public static let queue = "x-boxoffice-queue"
    /// The exchange it was published to at first.
    public static let exchange = "x-boxoffice-exchange"
    /// The routing key it was published with at first.
    public static let routingKey = "x-boxoffice-routing-key"
    /// When it was parked, RFC 3339.
    public static let parkedAt = "x-boxoffice-parked-at"
    /// The service and instance that parked it.
    public static let parkedBy = "x-boxoffice-parked-by"
    /// W3C Trace Context.
    public static let traceparent = "traceparent"

    /// All of them.
    static let all = [attempts, reason, queue, exchange, routingKey, parkedAt, parkedBy, traceparent]
}
