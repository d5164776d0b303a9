import AMQP
import ServiceLifecycle

/// Keeps the connection to the broker, from the start of the service to its end.
///
/// A broker that is short of memory answers no request, not even the closing of a connection. So the connection is
/// closed some time after the stop began, even if it is in use; the broker then requeues what was unsettled.
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
            // It is told to stop later: a part that ends by itself before counts as a failure.
            try? await gracefulShutdown()
        }
    }
}
