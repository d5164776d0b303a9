import Contracts

/// A refund of a transaction as the gateway lists it.
struct GatewayRefund: Sendable, Equatable {
    /// The refund's status at the gateway.
    enum Status: String, Sendable, CaseIterable {
        /// The money is back with the customer.
        case processed
        /// The gateway accepted the request; the money is not back yet.
        case pending
        /// The refund failed.
        case failed
    }

    let money: Money
    let status: Status
}
