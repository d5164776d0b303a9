import FoundationEssentials

/// A transaction as the gateway reports it.
struct GatewayTransaction: Sendable, Equatable {
    let status: GatewayStatus
    /// Minor units of the currency.
    let amount: Int
    let currency: String
    /// When the transaction entered this status: the gateway's `paid_at`; the time of the answer if it has none.
    let at: Date
}
