import FoundationEssentials

/// How much of a payment goes back to the customer who asks for it.
///
/// | asked for | goes back |
/// | --- | --- |
/// | 24 hours or more before the start | all of it |
/// | less than 24 hours before the start | half of it, an odd minor unit in the customer's favour |
/// | at the start or later | nothing |
///
/// The instant of the request counts, not the one at which somebody looks; the hours are elapsed ones, whatever the clocks at the event do
/// meanwhile. A customer who can no longer have the tickets gets all of it at any time.
enum RefundPolicy {
    /// Seconds before the start until which everything goes back.
    static let fullRefundNotice: TimeInterval = 24 * 3600

    /// Decides a request.
    /// - Parameters:
    ///   - ticketsAreGone: The event was cancelled, or the booking was cancelled before its money came.
    ///   - paid: What the customer paid, in minor units.
    ///   - left: What of it is neither back nor on its way back.
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
