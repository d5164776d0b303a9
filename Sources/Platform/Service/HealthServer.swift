import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// Serves the health of one process over HTTP: `/livez` (it runs), `/readyz` (it can work: broker and database are
/// available), `/metrics` (Prometheus); and the service's own routes.
///
/// `/readyz` answers 503 with what is missing and why, so that a rollout waits and a load balancer uses another
/// replica.
///
/// Clients are not trusted: one that does not send a whole header within ten seconds, sends nothing for as long or does
/// not read the response is disconnected, and ``ConnectionLimit`` limits how many may stay.
struct HealthServer: Service {
    /// A condition that must hold before the service can work; returns what is missing, nil when it holds.
    struct Check: Sendable {
        let problem: @Sendable () async -> String?
    }

    private static let patience = TimeAmount.seconds(10)
    /// The longest header of a request in bytes.
    private static let headerLimit = 16_384

    let service: String
    let host: String
    let port: Int
    let checks: [Check]
    let routes: WebRoutes
    /// Answers those who may not read `/readyz` and `/metrics`; nil when everybody may.
    let guardian: (@Sendable (WebRequest) -> WebResponse?)?
    /// Sets the gauges that are read when they are asked for.
    let sample: @Sendable () -> Void
    /// The gauges whose objects come and go.
    let gauges: @Sendable () -> [GaugeSample]
    let logger: Logger

    func run() async throws {
        let router = Router(context: HTTPContext.self, options: .autoGenerateHeadEndpoints)
        router.get("livez") { _, _ in "ok\n" }
        router.get("readyz") { [checks, guardian] request, context in
            if let refusal = guardian?(WebRequest(request, context, body: [])) { return refusal.hummingbird }
            var missing: [String] = []
            for check in checks { if let problem = await check.problem() { missing.append(problem) } }
            return Response(
                status: missing.isEmpty ? .ok : .serviceUnavailable,
                headers: [.contentType: "text/plain; charset=utf-8"],
                body: .init(byteBuffer: .init(string: missing.isEmpty ? "ready\n" : "waiting for \(missing.joined(separator: ", "))\n")))
        }
        router.get("metrics") { [service, sample, gauges, guardian] request, context in
            if let refusal = guardian?(WebRequest(request, context, body: [])) { return refusal.hummingbird }
            sample()
            let text = PrometheusMetrics.shared.exposition() + ProcessMetrics.exposition(of: service) + PrometheusMetrics.exposition(of: gauges())
            return Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: .init(string: text)))
        }
        routes.add(to: router)
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let limit = routes.connections
        let application = Application(
            router: router,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [IdleStateHandler(allTimeout: Self.patience), ConnectionHandler(limit)],
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: Self.headerLimit, maxHeaderListSize: Self.headerLimit, maxHeaderFieldCount: 100))),
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { [logger] channel in
                do {
                    // Before NIO's own handler of these errors.
                    try await channel.pipeline.addHandler(AcceptPauseHandler(limit, logger: logger), position: .first)
                } catch {
                    logger.warning("Accepting will not pause when files run out", error: error)
                }
            },
            logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError {
            throw ConfigurationError("HTTP_PORT", "\(port) at \(host) cannot be listened on: \(String(cString: strerror(error.errnoCode)))")
        } catch let error as SocketAddressError {
            throw ConfigurationError("HTTP_HOST", "\(host) is no address of this machine: \(error)")
        }
    }
}
