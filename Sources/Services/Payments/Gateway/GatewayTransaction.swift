import FoundationEssentials

/// A transaction as the gateway tells of it.
struct GatewayTransaction: Sendable, Equatable {
    let status: GatewayStatus
    /// Minor units of the currency.
    let amount: Int
    let currency: String
    /// When it came to stand so.
    let at: Date
}
