/// The decision about a refund request.
enum RefundDecision: Equatable, Sendable {
    /// The amount to refund, in minor units.
    case granted(Int)
    case denied(RefundDenial)
}

/// Why a refund is denied; stored as `refund_denial_reason`.
enum RefundDenial: String, CaseIterable, Sendable {
    case nothingPaid = "nothing was paid"
    case nothingLeft = "all of the payment has gone back already"
    case tooLate = "the event had begun"
}
