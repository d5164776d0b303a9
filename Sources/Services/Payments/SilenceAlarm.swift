import FoundationEssentials
import Logging
import Synchronization

/// Logs once that the payment gateway has not answered for too long, and once that it answers again.
final class SilenceAlarm: Sendable {
    private let logger: Logger
    private let isRaised = Mutex(false)

    /// An alarm that writes to this log.
    init(logger: Logger) { self.logger = logger }

    /// Logs a change since the last report.
    /// - Parameters:
    ///   - payments: The number of payments that the gateway has not answered for in too long.
    ///   - since: The time since when it has not answered for the first of them.
    func report(payments: Int, since: Date?) {
        let isSilent = payments > 0
        let wasSilent = isRaised.withLock { raised in
            defer { raised = isSilent }
            return raised
        }
        guard isSilent != wasSilent else { return }
        if isSilent {
            logger.error(
                "The payment gateway does not answer: check PAYMENT_GATEWAY_URL, PAYMENT_GATEWAY_KEY and the gateway's status page",
                metadata: ["payments": "\(payments)", "since": "\(since?.description ?? "")"])
        } else {
            logger.notice("The payment gateway answers again")
        }
    }
}
