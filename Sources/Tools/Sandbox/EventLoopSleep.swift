import NIOCore
import ServiceLifecycle

/// Waits by a timer of an event loop: precise to less than a millisecond, and no thread waits with it.
enum EventLoopSleep {
    /// Above this, a wait is worth the cost of ending with the sandbox.
    private static let long = Duration.milliseconds(500)

    /// Throws only when a long wait is ended early, because the sandbox ends.
    static func wait(_ duration: Duration, on loop: any EventLoop) async throws {
        guard duration > .zero else { return }
        let timer = loop.scheduleTask(in: TimeAmount(duration)) {}
        guard duration > long else { return try await timer.futureResult.get() }
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await timer.futureResult.get()
        } onCancelOrGracefulShutdown: {
            timer.cancel()
        }
    }
}
