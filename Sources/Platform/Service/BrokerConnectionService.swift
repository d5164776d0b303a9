import AMQP
import ServiceLifecycle

/// Keeps the connection to the broker, from the start of the service to its end.
///
/// A broker that is short of memory answers nobody, not even who wants to go. So the connection is closed some time after the stop began, whoever
/// still uses it; what was unsettled then the broker gives to others.
struct BrokerConnectionService: Service {
    /// How long the parts of a service that stops may use the connection.
    private static let patience = Duration.seconds(5)

    let runtime: ServiceRuntime

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup { group in
                group.addTask { try await runtime.broker.run() }
                group.addTask {
                    await runtime.stopping.wait()
                    try? await Task.sleep(for: Self.patience)
                }
                try await group.next()
                group.cancelAll()
                try await group.waitForAll()
            }
            // Its turn to stop comes later: a part that ends before is taken for a failure.
            try? await gracefulShutdown()
        }
    }
}
