import Contracts

/// The content of a refund's outbound delivery.
struct RefundPayload: Codable, Sendable, Equatable {
    /// Reference of the payment.
    let transaction: String
    let money: Money
    /// How much of the payment was refunded before this refund began, which distinguishes it from earlier refunds in
    /// the gateway's list.
    let refundedBefore: Int

    /// The request to the gateway.
    var request: RefundRequest { RefundRequest(transaction: transaction, money: money) }
}
