import Glibc
import Logging
import NIOCore
import Synchronization

/// Stops a server from accepting for a second when the process has no file descriptor or memory for another connection.
///
/// NIO's own `AcceptBackoffHandler` delays the next read, but the listener of an accept that failed is still watched,
/// and epoll reports the waiting client again and again. Without `autoRead` it is not watched.
final class AcceptPauseHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.seconds(1)
    /// The pause happens once a second; it is logged once a minute.
    private static let silence = Duration.seconds(60)

    private let limit: ConnectionLimit
    private let logger: Logger
    private let toldAt = Mutex<ContinuousClock.Instant?>(nil)

    init(_ limit: ConnectionLimit, logger: Logger) {
        self.limit = limit
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        tell(error)
        limit.closeOldest()
        let channel = context.channel
        channel.setOption(.autoRead, value: false).whenComplete { _ in }
        channel.eventLoop.scheduleTask(in: Self.pause) { channel.setOption(.autoRead, value: true).whenComplete { _ in } }
    }

    private func tell(_ error: IOError) {
        let tells = toldAt.withLock { toldAt in
            if let last = toldAt, .now - last < Self.silence { return false }
            toldAt = .now
            return true
        }
        guard tells else { return }
        logger.warning(
            "No HTTP connection can be accepted; one that is idle is closed, and accepting pauses. Raise the limit of open files (ulimit -n)",
            metadata: ["reason": "\(String(cString: strerror(error.errnoCode)))"])
    }
}
