/// What the gateway says of a transaction.
enum GatewayAnswer: Sendable, Equatable {
    /// It knows the transaction.
    case transaction(GatewayTransaction)
    /// It does not know the reference.
    case unknown
    /// It said nothing that can be understood, for this reason.
    case silent(String)

    /// Whether it answered at all.
    var isSpoken: Bool {
        if case .silent = self { false } else { true }
    }
}
