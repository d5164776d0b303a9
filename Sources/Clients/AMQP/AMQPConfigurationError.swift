/// Why a broker URL cannot be used. The URL itself is never part of the message: it may carry a password.
public enum AMQPConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not a URL, or not one of a broker.
    case malformed(String)
    /// A query parameter that is not known.
    case unknownParameter(String)
    /// A query parameter with a value that it cannot have.
    case invalidParameter(name: String, expected: String)

    /// One line that says what to change.
    public var description: String {
        switch self {
        case .malformed(let text): "not a broker URL: \(text); expected amqp[s]://user:password@host[:port][/vhost][?parameters]"
        case .unknownParameter(let name):
            "unknown parameter '\(name)' in the broker URL; known: heartbeat, connection_timeout, frame_max, cacertfile, certfile, keyfile, verify"
        case .invalidParameter(let name, let expected): "parameter '\(name)' of the broker URL: expected \(expected)"
        }
    }
}
