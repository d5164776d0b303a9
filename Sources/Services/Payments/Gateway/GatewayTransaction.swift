import Contracts
import FoundationEssentials

/// A transaction as the gateway reports it.
struct GatewayTransaction: Sendable, Equatable {
    let status: GatewayStatus
    let money: Money
    /// When the transaction entered this status: the gateway's `paid_at`; the time of the answer if it has none.
    let at: Date
}
