import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The servers of a sandbox, to be run in a `ServiceGroup`.
package struct SandboxServices {
    /// The HTTP and the mail server; each ends on graceful shutdown.
    package let all: [any Service]

    /// When a server listens, `world.ports` has its port. Throws when the certificate or its key is invalid.
    package init(_ settings: Settings, world: SandboxState, logger: Logger) throws {
        let http = Application(
            responder: OutsideResponder(world: world, control: ControlAPI(world: world).router.buildResponder()),
            server: .http1(configuration: .init(additionalChannelHandlers: [CloseWithCaller()])),
            configuration: .init(address: .hostname(settings.host, port: settings.httpPort), serverName: "sandbox", backlog: 4096),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                world.listens { $0.http = port }
                logger.info("HTTP stand-ins listen", metadata: ["host": "\(settings.host)", "port": "\(port)"])
            },
            logger: logger)
        all = [http, try SMTPServer(settings, world: world, logger: logger)]
    }
}
