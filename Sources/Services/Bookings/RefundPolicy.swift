import FoundationEssentials

/// How much of a payment is refunded to the customer who requests it.
///
/// | requested | refunded |
/// | --- | --- |
/// | 24 hours or more before the start | all of it |
/// | less than 24 hours before the start | half of it, an odd minor unit in the customer's favour |
/// | at the start or later | nothing |
///
/// The time of the request counts, not the time of the decision. Hours are elapsed hours, regardless of clock changes
/// at the event. A customer who can no longer have the tickets is refunded in full at any time.
enum RefundPolicy {
    /// A request at least this many seconds before the start is refunded in full.
    static let fullRefundNotice: TimeInterval = 24 * 3600

    /// Decides a request.
    /// - Parameters:
    ///   - ticketsAreGone: The event was cancelled, or the booking was cancelled before its payment arrived.
    ///   - paid: The amount that the customer paid, in minor units.
    ///   - left: The part of it that is neither refunded nor in a pending refund.
    static func decide(requestedAt: Date, startsAt: Date, ticketsAreGone: Bool, paid: Int, left: Int) -> RefundDecision {
        guard paid > 0 else { return .denied(.nothingPaid) }
        guard left > 0 else { return .denied(.nothingLeft) }
        if ticketsAreGone { return .granted(left) }
        // Instants are whole microseconds; the difference of two such Doubles need not be.
        let notice = (startsAt.timeIntervalSince(requestedAt) * 1_000_000).rounded() / 1_000_000
        if notice >= fullRefundNotice { return .granted(left) }
        guard notice > 0 else { return .denied(.tooLate) }
        return .granted(min(left, paid / 2 + paid % 2))
    }
}
