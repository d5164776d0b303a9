/// A payment as the gateway knows it; the members are those of its API.
struct Transaction: Codable, Sendable {
    enum Status: String, Codable, Sendable {
        case success
        case failed
        case abandoned
        case pending
    }

    let reference: String
    let status: Status
    /// Minor units.
    let amount: Int64
    /// ISO 4217.
    let currency: String
    /// RFC 3339; nil unless paid.
    var paidAt: String?

    private enum CodingKeys: String, CodingKey {
        case reference
        case status
        case amount
        case currency
        case paidAt = "paid_at"
    }
}

/// The body of `POST /gateway/refund`.
struct RefundRequest: Codable, Hashable, Sendable {
    /// Reference of the payment.
    let transaction: String
    /// Minor units.
    let amount: Int64
    let currency: String
}

/// A refund that was paid, as `/_sandbox/refunds` tells it.
struct RefundReport: Encodable {
    let id: Int
    let at: Timestamp
    let idempotencyKey: String
    let transaction: String
    let amount: Int64
    let currency: String
}
