import ServiceLifecycle

/// Is the first to be asked to stop, and says so to the others.
struct ShutdownSignal: Service {
    let runtime: ServiceRuntime
    /// Ends the process when the stop does not; nil in a service that is not the whole process.
    let deadline: ShutdownDeadline?

    func run() async throws {
        try? await gracefulShutdown()
        deadline?.begin()
        runtime.stopping.open()
    }
}
