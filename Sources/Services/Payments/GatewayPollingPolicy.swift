import FoundationEssentials
import Platform

/// How long the gateway may take, and how often it is asked.
enum GatewayPollingPolicy {
    /// A payment that the gateway holds for longer is asked about.
    static let pollAfter: TimeInterval = 10 * 60
    /// One that it says to be undecided, or does not know, for longer is given up.
    static let givesUpAfter: TimeInterval = 30 * 60
    /// So long after that it is asked whether it took the money all the same.
    static let lateMoneyWindow: TimeInterval = 7 * 24 * 3600
    /// A gateway that does not answer for longer is an alert.
    static let alertsAfter: TimeInterval = 3600
    /// A payment that it does not answer for any longer is for a person. It is asked about all the same.
    static let needsPersonAfter: TimeInterval = 24 * 3600

    private static let firstPause = Duration.seconds(30)
    /// While somebody waits for the outcome.
    private static let longestPause = Duration.seconds(30 * 60)
    private static let longestPauseLookingBack = Duration.seconds(12 * 3600)

    /// Whether a payment is given up when the gateway says that it has not decided.
    static func isOver(for payment: Payment, at now: Date) -> Bool { now > payment.submittedAt + givesUpAfter }

    /// Whether a person has to find out about a payment that the gateway does not answer for.
    static func isUnanswered(_ payment: Payment, at now: Date) -> Bool {
        payment.silentSince.map { now >= $0 + needsPersonAfter } ?? false
    }

    /// When to ask about a payment again; nil for never.
    /// - Parameter asked: How often it was asked about before.
    static func next(for payment: Payment, after outcome: PaymentOutcome, _ answer: GatewayAnswer, asked: Int, at now: Date) -> Date? {
        if outcome.isFinal { return nil }
        if outcome == .open, payment.status == .processing, answer.isAnswered { return now }
        // Silence does not end the looking back: the gateway may have taken the money.
        if !payment.status.isOpen, answer.isAnswered, now > (payment.failedAt ?? .distantPast) + lateMoneyWindow { return nil }
        let longest = payment.status.isOpen ? longestPause : longestPauseLookingBack
        let pause = Backoff.pause(after: asked, first: firstPause, longest: longest)
        guard case .unavailable(_, let wanted?) = answer else { return now + pause.timeInterval }
        return now + max(pause, wanted).timeInterval
    }
}
