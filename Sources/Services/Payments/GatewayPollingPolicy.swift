import Contracts
import FoundationEssentials
import Platform

/// When the gateway is polled about a payment, and when the payment is given up.
enum GatewayPollingPolicy {
    /// A payment that has been at the gateway for longer than this is polled.
    static let pollAfter: TimeInterval = 10 * 60
    /// A payment that the gateway reports as undecided, or does not know, for longer than this is given up.
    static let givesUpAfter: TimeInterval = 30 * 60
    /// For this long after a payment failed, the gateway is polled in case it took the money late.
    static let lateMoneyWindow: TimeInterval = 7 * 24 * 3600
    /// A gateway that has not answered for longer than this raises an alert.
    static let alertsAfter: TimeInterval = 3600
    /// A payment that the gateway has not answered for in this time needs a person's decision. It is still polled.
    static let needsPersonAfter: TimeInterval = 24 * 3600

    private static let firstPause = Duration.seconds(30)
    /// The longest pause between polls while the payment is open and the customer waits for the outcome.
    private static let longestPause = Duration.seconds(30 * 60)
    private static let longestPauseLookingBack = Duration.seconds(12 * 3600)

    /// Whether a payment is given up if the gateway reports it as undecided.
    static func isOver(for payment: Payment, at now: Date) -> Bool { now > payment.submittedAt + givesUpAfter }

    /// Whether a person has to decide about a payment that the gateway does not answer for.
    static func isUnanswered(_ payment: Payment, at now: Date) -> Bool {
        payment.silentSince.map { now >= $0 + needsPersonAfter } ?? false
    }

    /// When to poll a payment again; nil for never.
    /// - Parameter asked: How often it was polled before.
    static func next(for payment: Payment, after outcome: PaymentOutcome, _ answer: GatewayAnswer, asked: Int, at now: Date) -> Date? {
        if outcome.isFinal { return nil }
        if outcome == .open, payment.status == .processing, answer.isAnswered { return now }
        // Without an answer the late-money window stays open: the gateway may have taken the money.
        if !payment.status.isOpen, answer.isAnswered, now > (payment.failedAt ?? .distantPast) + lateMoneyWindow { return nil }
        let longest = payment.status.isOpen ? longestPause : longestPauseLookingBack
        let pause = Backoff.pause(after: asked, first: firstPause, longest: longest)
        guard case .unavailable(_, let wanted?) = answer else { return now + pause.timeInterval }
        return now + max(pause, wanted).timeInterval
    }
}
