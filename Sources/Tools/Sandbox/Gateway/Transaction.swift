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
