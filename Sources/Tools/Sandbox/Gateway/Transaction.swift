/// A payment at the gateway; the members are those of its API.
struct Transaction: Codable, Sendable {
    let reference: String
    /// `success`, `failed`, `abandoned`, `pending`; any other text is reported unchanged.
    let status: String
    /// Minor units.
    let amount: Int64
    /// ISO 4217, in whatever letter case.
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
