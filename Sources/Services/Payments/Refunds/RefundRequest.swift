/// The body of a refund request, in the terms of the gateway's API.
struct RefundRequest: Encodable, Sendable, Equatable, CustomStringConvertible {
    /// Reference of the payment.
    let transaction: String
    /// Minor units of the currency.
    let amount: Int
    let currency: String

    var description: String { "\(amount) \(currency) of \(transaction)" }
}
