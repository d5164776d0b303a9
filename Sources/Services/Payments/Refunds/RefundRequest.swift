/// What the gateway is asked to pay back, as its API names it.
struct RefundRequest: Encodable, Sendable, Equatable, CustomStringConvertible {
    /// Reference of the payment.
    let transaction: String
    /// Minor units of the currency.
    let amount: Int
    let currency: String

    var description: String { "\(amount) \(currency) of \(transaction)" }
}
