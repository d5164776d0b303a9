/// The status of a refund at the gateway.
enum RefundStatus: String, Codable, Sendable {
    /// The money is back with the customer.
    case processed
    /// Accepted; whether the refund will succeed is not known yet.
    case pending
    /// The refund failed.
    case failed
}
