/// What becomes of the wish for a refund.
enum RefundDecision: Equatable, Sendable {
    /// So much goes back, in minor units.
    case granted(Int)
    case denied(RefundDenial)
}

/// Why no money goes back; kept as `refund_denial_reason`.
enum RefundDenial: String, CaseIterable, Sendable {
    case nothingPaid = "nothing was paid"
    case nothingLeft = "all of the payment has gone back already"
    case tooLate = "the event had begun"
}
