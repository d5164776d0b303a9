import Hummingbird
import Logging
import ServiceLifecycle

/// Answers for one process over HTTP: `/livez` (it runs), `/readyz` (it can work: broker and database are there), `/metrics` (Prometheus).
///
/// `/readyz` answers 503 with the names of what is missing, so that a rollout waits and a load balancer looks elsewhere.
struct HealthServer: Service {
    /// A thing that must be there before the service can work, and whether it is.
    struct Check: Sendable {
        let name: String
        let passes: @Sendable () async -> Bool
    }

    let port: Int
    let checks: [Check]
    let logger: Logger

    func run() async throws {
        let router = Router()
        router.get("livez") { _, _ in "ok\n" }
        router.get("readyz") { [checks] _, _ in
            var missing: [String] = []
            for check in checks where await !check.passes() { missing.append(check.name) }
            return Response(
                status: missing.isEmpty ? .ok : .serviceUnavailable,
                headers: [.contentType: "text/plain; charset=utf-8"],
                body: .init(byteBuffer: .init(string: missing.isEmpty ? "ready\n" : "waiting for \(missing.joined(separator: ", "))\n")))
        }
        router.get("metrics") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: .init(string: PrometheusMetrics.shared.exposition() + ProcessMetrics.exposition())))
        }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            router: router, configuration: .init(address: .hostname("0.0.0.0", port: port), serverName: nil), logger: quiet)
        try await application.run()
    }
}
