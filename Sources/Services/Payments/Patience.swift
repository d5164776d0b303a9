import FoundationEssentials
import Platform

/// How long the gateway may take, and how often it is asked.
enum Patience {
    /// A payment that the gateway holds for longer is asked about.
    static let asksAfter: TimeInterval = 10 * 60
    /// One that it has not decided for longer is given up.
    static let givesUpAfter: TimeInterval = 30 * 60
    /// So long after that it is asked whether it took the money all the same.
    static let looksBackFor: TimeInterval = 7 * 24 * 3600

    private static let firstPause = Duration.seconds(30)
    private static let longestPause = Duration.seconds(12 * 3600)

    /// Whether a payment is given up when the gateway cannot say.
    static func isOver(for payment: Payment, at now: Date) -> Bool { now > payment.submittedAt + givesUpAfter }

    /// When to ask about a payment again; nil for never.
    /// - Parameter asked: How often it was asked about before.
    static func next(for payment: Payment, after verdict: Verdict, _ answer: GatewayAnswer, asked: Int, at now: Date) -> Date? {
        if verdict.isFinal { return nil }
        if verdict == .open, payment.status == .processing, answer.isSpoken { return now }
        if !payment.status.isOpen, now > (payment.failedAt ?? .distantPast) + looksBackFor { return nil }
        return now + Backoff.pause(after: asked, first: firstPause, longest: longestPause).timeInterval
    }
}
