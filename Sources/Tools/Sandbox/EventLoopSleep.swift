import NIOCore
import ServiceLifecycle

/// Sleeps by a timer of an event loop: precise to less than a millisecond, without blocking a thread.
enum EventLoopSleep {
    /// A longer wait ends early when the sandbox stops; for a shorter one that is not worth its cost.
    private static let long = Duration.milliseconds(500)

    /// Throws only when a long wait ends early because the sandbox stops.
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
