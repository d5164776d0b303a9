import ServiceLifecycle

/// The first part that is stopped; it signals the stop to the others.
struct ShutdownSignal: Service {
    let runtime: ServiceRuntime
    /// Ends the process when the stop does not finish; nil in a service that is not the whole process.
    let deadline: ShutdownDeadline?

    func run() async throws {
        try? await gracefulShutdown()
        deadline?.begin()
        runtime.stopping.open()
    }
}
