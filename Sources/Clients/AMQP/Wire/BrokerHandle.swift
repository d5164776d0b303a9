import CRabbitMQ
import FoundationEssentials
import Glibc

/// A logged-in connection of the library. It belongs to one thread, the one that opened it, and is closed with its last reference.
final class BrokerHandle {
    let state: amqp_connection_state_t
    let descriptor: Int32
    let isTLS: Bool
    let frameMax: Int
    let channelMax: Int
    /// Negotiated interval; zero for none.
    let heartbeat: Duration
    /// What the broker says that it is, `3.10.8` say.
    let version: String?

    /// Connects and logs in; blocks for at most the connect time-out and name resolution.
    ///
    /// Throws `ConnectionLost` for what may pass, `AMQPError` for what will not: a refused login or vhost, a certificate that is not trusted.
    init(_ configuration: AMQPConfiguration) throws {
        guard let state = amqp_new_connection() else { throw ConnectionLost(reason: "out of memory") }
        do {
            try Self.openSocket(state, configuration)
            try Self.login(state, configuration)
        } catch {
            amqp_destroy_connection(state)
            throw error
        }
        self.state = state
        descriptor = amqp_get_sockfd(state)
        isTLS = configuration.tls != nil
        frameMax = Int(amqp_get_frame_max(state))
        channelMax = Int(amqp_get_channel_max(state))
        heartbeat = .seconds(Int(amqp_get_heartbeat(state)))
        version = amqp_get_server_properties(state).flatMap { AMQPTable(wire: $0.pointee)["version"]?.string }
        // The session keeps heartbeats itself: the library would send one into the middle of a frame that is only half written.
        amqp_tune_connection(state, Int32(channelMax), Int32(frameMax), 0)
    }

    deinit { amqp_destroy_connection(state) }

    private static func openSocket(_ state: amqp_connection_state_t, _ configuration: AMQPConfiguration) throws {
        guard let socket = configuration.tls == nil ? amqp_tcp_socket_new(state) : amqp_ssl_socket_new(state) else {
            throw ConnectionLost(reason: "no memory for a socket")
        }
        if let tls = configuration.tls, let option = configure(socket, tls, host: configuration.host) { throw AMQPError.unusableTLSOption(option) }
        var timeout = timeval(configuration.connectTimeout)
        let status = amqp_socket_open_noblock(socket, configuration.host, Int32(configuration.port), &timeout)
        switch amqp_status_enum(rawValue: status) {
        case AMQP_STATUS_OK: break
        case AMQP_STATUS_SSL_PEER_VERIFY_FAILED, AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED:
            throw AMQPError.untrustedBroker(host: configuration.host)
        default: throw ConnectionLost(reason: "\(configuration.host):\(configuration.port): \(describe(status))")
        }
        amqp_set_handshake_timeout(state, &timeout)
    }

    /// Returns the name of the option that cannot be used.
    private static func configure(_ socket: OpaquePointer, _ tls: AMQPConfiguration.TLS, host: String) -> String? {
        func withPath<R>(_ path: String?, _ body: (UnsafePointer<CChar>?) -> R) -> R {
            if let path { path.withCString(body) } else { body(nil) }
        }
        let culprit = withPath(tls.authorities) { authorities in
            withPath(tls.certificate) { certificate in
                withPath(tls.key) { key in
                    host.withCString { host in
                        crabbit_tls_configure(
                            socket,
                            crabbit_tls_options(authorities: authorities, certificate: certificate, key: key, host: host, verify: tls.verify ? 1 : 0))
                    }
                }
            }
        }
        switch culprit.map({ String(cString: $0) }) {
        case nil: return nil
        case "cacertfile": return "cacertfile \(tls.authorities ?? "")"
        case let option?: return option
        }
    }

    private static func login(_ state: amqp_connection_state_t, _ configuration: AMQPConfiguration) throws {
        let arena = Arena()
        var properties = arena.table(clientProperties(configuration))
        let heartbeat = Int32(clamping: configuration.heartbeat.components.seconds)
        let reply = crabbit_login(
            state, configuration.vhost, 0, Int32(configuration.frameMax), heartbeat, &properties, configuration.user, configuration.password)
        switch reply.reply_type {
        case AMQP_RESPONSE_NORMAL: return
        case AMQP_RESPONSE_SERVER_EXCEPTION where reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD:
            guard let close = reply.reply.decoded?.assumingMemoryBound(to: amqp_connection_close_t.self).pointee else { break }
            throw refusal(code: Int(close.reply_code), text: String(wire: close.reply_text), configuration)
        default: break
        }
        throw ConnectionLost(reason: "login: \(reply.library_error == 0 ? "no answer" : describe(reply.library_error))")
    }

    /// 530 also reports limits on the number of connections, which pass.
    private static func refusal(code: Int, text: String, _ configuration: AMQPConfiguration) -> any Error {
        switch code {
        case Int(AMQP_ACCESS_REFUSED): AMQPError.accessRefused(user: configuration.user, vhost: configuration.vhost, text: text)
        case Int(AMQP_NOT_ALLOWED) where !text.contains("limit"):
            AMQPError.vhostRefused(user: configuration.user, vhost: configuration.vhost, text: text)
        default: ConnectionLost(reason: "login: \(code) \(text)")
        }
    }

    private static func clientProperties(_ configuration: AMQPConfiguration) -> AMQPTable {
        var properties: AMQPTable = [
            "capabilities": ["publisher_confirms": true, "basic.nack": true, "consumer_cancel_notify": true, "connection.blocked": true]
        ]
        if !configuration.connectionName.isEmpty { properties["connection_name"] = .string(configuration.connectionName) }
        return properties
    }

    /// The library's words for one of its status codes.
    static func describe(_ status: Int32) -> String {
        amqp_error_string2(status).map { String(cString: $0) } ?? "status \(status)"
    }
}

extension timeval {
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}
