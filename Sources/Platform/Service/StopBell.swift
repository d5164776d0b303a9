import ServiceLifecycle

/// Is the first to be asked to stop, and says so to the others.
struct StopBell: Service {
    let runtime: ServiceRuntime

    func run() async throws {
        try? await gracefulShutdown()
        runtime.stopping.open()
    }
}
