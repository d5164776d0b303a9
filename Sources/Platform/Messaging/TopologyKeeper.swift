import AMQP
import Logging
import ServiceLifecycle

/// Declares the queues and bindings of a service again once a minute, so that those which were deleted while the
/// service runs are restored. The connection does so itself when it notices that a queue is gone; a missing binding it
/// cannot notice.
struct TopologyKeeper: Service {
    private static let interval = Duration.seconds(60)

    let runtime: ServiceRuntime
    let topology: ServiceTopology

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var reported: String?
            while (try? await Task.sleep(for: Self.interval)) != nil {
                do {
                    try await runtime.broker.connected()
                    try await runtime.broker.declare(topology.topology)
                    reported = nil
                } catch {
                    guard !Task.isCancelled, runtime.broker.isConnected, reported != "\(error)" else { continue }
                    reported = "\(error)"
                    runtime.logger.warning("Queues and bindings cannot be declared again", error: error)
                }
            }
        }
        // A part that ends by itself while the others are being stopped counts as a failure of the service.
        try? await gracefulShutdown()
    }
}
