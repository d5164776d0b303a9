import AMQP

/// The AMQP headers that retries and parking write. They are kept until the message is settled for good.
///
/// Every publisher can set them to anything, so they are read through functions that treat an invalid value as absent.
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
    /// Who published a message that is a bare data object: the broker's user or the application.
    public static let source = "x-boxoffice-source"
    /// When it was parked, RFC 3339.
    public static let parkedAt = "x-boxoffice-parked-at"
    /// The service and instance that parked it.
    public static let parkedBy = "x-boxoffice-parked-by"
    /// The routing key that `boxoffice doctor` probes: see ``BindingProbe``.
    public static let probe = "x-boxoffice-probe"
    /// W3C Trace Context.
    public static let traceparent = "traceparent"

    /// All of them.
    static let all = [attempts, reason, queue, exchange, routingKey, source, parkedAt, parkedBy, traceparent]

    /// A header with a name of the broker's: a string of at most 255 bytes. Anything else counts as absent.
    static func name(_ header: String, in headers: AMQPTable) -> String? {
        guard let text = headers[header]?.string, text.utf8.count <= 255 else { return nil }
        return text
    }

    /// How often a message has failed before: an integer from 0 to `most`. Anything else counts as 0.
    static func failedAttempts(in headers: AMQPTable, atMost most: Int) -> Int {
        guard let value = headers[attempts]?.int, (0...Int64(most)).contains(value) else { return 0 }
        return Int(value)
    }
}
