/// A refund as it waits for the delivery worker.
struct RefundPayload: Codable, Sendable, Equatable {
    /// Reference of the payment.
    let transaction: String
    /// Minor units of the currency.
    let amount: Int
    let currency: String
    /// What of the payment had gone back when this refund was begun, so that it can be told from earlier ones in the gateway's list.
    let refundedBefore: Int

    /// What the gateway is asked.
    var request: RefundRequest { RefundRequest(transaction: transaction, amount: amount, currency: currency) }
}
