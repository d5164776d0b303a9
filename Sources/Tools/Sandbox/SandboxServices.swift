import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The servers of a sandbox, ready to be run in a `ServiceGroup`.
struct SandboxServices {
    /// HTTP and mail; each ends on graceful shutdown.
    let all: [any Service]

    /// - Parameter onRunning: called once each server listens, with `world.ports` up to date.
    init(_ settings: Settings, world: OutsideWorld, logger: Logger) {
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
        all = [http]
    }
}
