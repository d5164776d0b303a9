/// What the gateway says of a transaction.
enum GatewayAnswer: Sendable, Equatable {
    /// It knows the transaction.
    case transaction(GatewayTransaction)
    /// It does not know the reference.
    case unknown
    /// It said nothing that can be read, for this reason; it is asked again, not before the pause that it wants.
    case silent(String, after: Duration? = nil)

    /// Whether it answered at all.
    var isSpoken: Bool {
        if case .silent = self { false } else { true }
    }
}
