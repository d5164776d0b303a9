/// How far a refund has come at the gateway.
enum RefundStatus: String, Codable, Sendable {
    /// The money is back.
    case processed
    /// Accepted; whether the money will be back is not known yet.
    case pending
    /// It came to nothing.
    case failed
}
