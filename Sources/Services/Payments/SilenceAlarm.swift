import FoundationEssentials
import Logging
import Synchronization

/// Tells once that the payment gateway has been silent for too long, and once that this is over.
final class SilenceAlarm: Sendable {
    private let logger: Logger
    private let isRaised = Mutex(false)

    /// An alarm that is written to the log.
    init(logger: Logger) { self.logger = logger }

    /// Compares what is known now with what was told last.
    /// - Parameters:
    ///   - payments: How many payments it has been silent about for too long.
    ///   - since: Since when about the first of them.
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
