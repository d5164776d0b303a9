/// The body of `POST /gateway/refund`.
struct RefundRequest: Codable, Hashable, Sendable {
    /// Reference of the payment.
    let transaction: String
    /// Minor units.
    let amount: Int64
    let currency: String
}
