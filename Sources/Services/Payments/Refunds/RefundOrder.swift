import Platform

/// Money to refund, for which there may be no row yet.
struct RefundOrder: Sendable, Equatable {
    let payment: Int
    /// Minor units of the payment's currency.
    let amount: Int
    let cause: Refund.Cause
}
