import AMQP
import ServiceLifecycle

/// Keeps the connection to the broker, from the start of the service to its end.
struct BrokerLink: Service {
    let runtime: ServiceRuntime

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await runtime.broker.run() }
    }
}
