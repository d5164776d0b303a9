import Contracts
import FoundationEssentials
import Logging
import Metrics
import Synchronization

/// The circuit breaker of one channel, shared by the delivery worker's tasks; the log and a metric report when it opens
/// and closes.
final class ChannelPause: Sendable {
    private let kind: OutboundDelivery.Kind
    private let logger: Logger
    private let breaker = Mutex(CircuitBreaker())

    init(_ kind: OutboundDelivery.Kind, logger: Logger) {
        self.kind = kind
        self.logger = logger
    }

    /// Publishes the metric from the start.
    func begin() { show(isOpen: false) }

    /// How many deliveries may be claimed when `wanted` of `concurrency` slots are free.
    func wanted(_ wanted: Int, of concurrency: Int, at now: Date) -> Int {
        let allowed = breaker.withLock { $0.allowedConcurrency(of: concurrency, at: now) }
        return max(0, min(wanted, allowed - (concurrency - wanted)))
    }

    /// Records the other side's response to a delivery; nil when it accepted it.
    func note(_ failure: DeliveryFailure?, at now: Date) {
        let answer: CircuitBreaker.Answer =
            switch failure {
            case nil, .refused: .aboutDelivery
            case .later: .none
            case .channelRefused(_, let cause, let recipient, _): .refusesChannel(cause: cause, recipient: recipient)
            }
        guard let change = breaker.withLock({ $0.note(answer, at: now) }) else { return }
        switch change {
        case .opened(let end):
            let reason = failure.map(String.init(describing:)) ?? ""
            logger.error(
                "The channel is paused: the other side refuses all that we send",
                metadata: ["channel": "\(kind.rawValue)", "reason": "\(reason)", "until": "\(RFC3339.string(from: end))"])
        case .closed: logger.notice("The channel goes on", metadata: ["channel": "\(kind.rawValue)"])
        }
        show(isOpen: change != .closed)
    }

    private func show(isOpen: Bool) {
        Metric.channelPaused(kind.rawValue).record(isOpen ? 1 : 0)
    }
}
