import COpenSSL
import NIOCore
import NIOPosix

@testable import Sandbox

/// A plain TCP conversation with a server on loopback.
struct Wire {
    private let channel: any Channel
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var unread = ""

    /// Connects, lets the body talk, and closes.
    static func talk<Value: Sendable>(port: Int, _ body: (inout Wire) async throws -> Value) async throws -> Value {
        let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        return try await client.executeThenClose { inbound, outbound in
            var wire = Wire(channel: client.channel, inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&wire)
        }
    }

    /// Sends a text and reads until the server closes.
    static func exchange(port: Int, _ text: String) async throws -> String {
        try await talk(port: port) { wire in
            try await wire.send(text)
            return await wire.rest()
        }
    }

    func send(_ text: String) async throws {
        try await outbound.write(ByteBuffer(string: text))
    }

    /// Everything until the end of the connection, however it ends.
    mutating func rest() async -> String {
        while let chunk = try? await inbound.next() { unread += String(buffer: chunk) }
        defer { unread = "" }
        return unread
    }

    /// One reply of a mail server, its lines joined; nil when the connection ended before.
    mutating func mailReply() async throws -> String? {
        var lines: [Substring] = []
        while true {
            while let end = unread.utf8.firstRange(of: "\r\n".utf8) {
                lines.append(Substring(String(unread[..<end.lowerBound])))
                unread.removeSubrange(..<end.upperBound)
                if lines.last?.dropFirst(3).first != "-" { return lines.joined(separator: "\n") }
            }
            guard let chunk = try? await inbound.next() else { return nil }
            unread += String(buffer: chunk)
        }
    }

    /// Sends a command line and reads its reply.
    mutating func command(_ line: String) async throws -> String? {
        try await send(line + "\r\n")
        return try await mailReply()
    }

    /// Goes on in TLS, trusting that certificate only.
    func startTLS(certificateFile: String) async throws {
        try await channel.eventLoop.submit { [channel] in
            let handler = TLSHandler(try Self.tlsSession(trusting: certificateFile))
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        }.get()
    }

    /// The client's side of a TLS connection to localhost.
    private static func tlsSession(trusting certificateFile: String) throws -> TLSSession {
        let context = SSL_CTX_new(TLS_client_method())
        defer { SSL_CTX_free(context) }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        guard SSL_CTX_load_verify_file(context, certificateFile) == 1, let ssl = SSL_new(context), SSL_set1_host(ssl, "localhost") == 1 else {
            throw TLSError(fallback: "no client session")
        }
        SSL_set_connect_state(ssl)
        return try TLSSession(ssl)
    }
}
