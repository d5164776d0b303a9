import FoundationEssentials

/// Where the broker is and how to talk to it.
public struct AMQPConfiguration: Sendable {
    /// Host name or address.
    public var host: String
    /// TCP port; 5672, with TLS 5671, unless given.
    public var port: Int
    /// User to log in as.
    public var user: String
    /// The user's password; never logged.
    public var password: String
    /// Virtual host; `/` unless given.
    public var vhost: String
    /// TLS settings; `nil` for a plain connection.
    public var tls: TLS?
    /// Name shown for the connection in the broker's tools.
    public var connectionName: String
    /// Interval of heartbeats, in whole seconds, the smaller of ours and the broker's; zero for none. A peer that is silent for two of them is lost.
    public var heartbeat: Duration = .seconds(30)
    /// Longest frame that we are ready to take, in bytes; 4,096 at least. The broker may insist on less.
    public var frameMax: Int = 131_072
    /// How long connecting and logging in may take.
    public var connectTimeout: Duration = .seconds(5)
    /// The first and the longest pause between attempts to connect; pauses double, with jitter.
    public var reconnectDelay: ClosedRange<Duration> = .milliseconds(100) ... .seconds(5)

    /// How to prove who we are and who the broker is.
    public struct TLS: Sendable {
        /// File with the authorities to trust (PEM); the system's unless given.
        public var authorities: String?
        /// File with our certificate chain (PEM).
        public var certificate: String?
        /// File with the key of our certificate (PEM).
        public var key: String?
        /// Whether the broker's certificate and name are checked.
        public var verify = true
    }

    /// Reads a broker URL (https://www.rabbitmq.com/uri-spec.html) with the query parameters of https://www.rabbitmq.com/uri-query-parameters.html:
    /// `heartbeat` (s), `connection_timeout` (ms), `cacertfile`, `certfile`, `keyfile`, `verify` (`verify_peer` or `verify_none`), and `frame_max` (bytes).
    ///
    /// A path that is empty or `/` means the vhost `/`.
    public init(url: String, connectionName: String = "") throws(AMQPConfigurationError) {
        guard let parts = URLComponents(string: url) else { throw .malformed("it does not parse") }
        switch parts.scheme?.lowercased() {
        case "amqp": tls = nil
        case "amqps": tls = TLS()
        default: throw .malformed("the scheme is not amqp or amqps")
        }
        guard let host = parts.host, !host.isEmpty else { throw .malformed("there is no host") }
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? (tls == nil ? 5672 : 5671)
        guard (1...65_535).contains(port) else { throw .malformed("the port is out of range") }
        user = parts.user ?? "guest"
        password = parts.password ?? "guest"
        let path = parts.path.dropFirst()
        vhost = path.isEmpty ? "/" : String(path)
        guard vhost.utf8.count <= 255 else { throw .malformed("the vhost is longer than 255 bytes") }
        self.connectionName = connectionName
        for item in parts.queryItems ?? [] { try apply(item.name, item.value ?? "") }
        if tls != nil, (tls?.certificate == nil) != (tls?.key == nil) {
            throw .invalidParameter(name: "certfile", expected: "certfile and keyfile together")
        }
    }

    private mutating func apply(_ name: String, _ value: String) throws(AMQPConfigurationError) {
        switch name {
        case "heartbeat": heartbeat = .seconds(try Self.number(name, value, 0...65_535, "seconds, 0 to 65535"))
        case "connection_timeout": connectTimeout = .milliseconds(try Self.number(name, value, 1...3_600_000, "milliseconds, 1 to 3600000"))
        case "frame_max": frameMax = try Self.number(name, value, 4096...8_388_608, "bytes, 4096 to 8388608")
        case "cacertfile": tls?.authorities = value
        case "certfile": tls?.certificate = value
        case "keyfile": tls?.key = value
        case "verify":
            guard ["verify_peer", "verify_none"].contains(value) else { throw .invalidParameter(name: name, expected: "verify_peer or verify_none") }
            tls?.verify = value == "verify_peer"
        default: throw .unknownParameter(name)
        }
    }

    private static func number(
        _ name: String, _ value: String, _ range: ClosedRange<Int>, _ expected: String
    ) throws(AMQPConfigurationError) -> Int {
        guard let number = Int(value), range.contains(number) else { throw .invalidParameter(name: name, expected: expected) }
        return number
    }
}

extension AMQPConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Where and as whom, without the password.
    public var description: String { "\(tls == nil ? "amqp" : "amqps")://\(user)@\(host):\(port) vhost \(vhost)" }
    /// The same as `description`.
    public var debugDescription: String { description }
    /// No children, so that a dump shows no password either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
