/// A refund of a transaction as the gateway lists it.
struct GatewayRefund: Sendable, Equatable {
    /// How far it has come.
    enum Status: String, Sendable, CaseIterable {
        /// The money is back.
        case processed
        /// The gateway took the request; the money is not back yet.
        case pending
        /// It came to nothing.
        case failed
    }

    /// Minor units of the currency.
    let amount: Int
    let currency: String
    let status: Status
}
