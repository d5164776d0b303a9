import Logging
import NIOCore
import NIOPosix
import Platform
import ServiceLifecycle

/// A stub of the mail relay: accepts every mail and delivers none.
struct SMTPServer: Service {
    private let settings: Settings
    private let world: SandboxState
    private let tls: TLSCertificate?
    private let logger: Logger

    /// Throws when the certificate or the key cannot be used.
    init(_ settings: Settings, world: SandboxState, logger: Logger) throws(ConfigurationError) {
        self.settings = settings
        self.world = world
        self.logger = logger
        guard let certificate = settings.certificateFile, let key = settings.privateKeyFile else {
            tls = nil
            return
        }
        tls = try TLSCertificate(chainFile: certificate, keyFile: key)
    }

    func run() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: settings.host, port: settings.smtpPort) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let port = server.channel.localAddress?.port ?? 0
        world.listens { $0.smtp = port }
        logger.info("Mail server listens", metadata: ["host": "\(settings.host)", "port": "\(port)", "starttls": "\(tls != nil)"])
        do {
            try await cancelWhenGracefulShutdown { try await accept(server) }
        } catch is CancellationError {
            // The wait for clients ends this way on shutdown.
        }
    }

    private func accept(_ server: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await server.executeThenClose { clients in
                for try await client in clients {
                    group.addTask { await serve(client) }
                }
            }
        }
    }

    private func serve(_ client: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        do {
            try await client.executeThenClose { inbound, outbound in
                var session = SMTPSession(
                    world: world, settings: settings, tls: tls, channel: client.channel, inbound: inbound, outbound: outbound)
                await session.run()
            }
        } catch {
            logger.debug("Mail session broke", metadata: ["error": "\(error)"])
        }
    }
}
