/// What the gateway says of a transaction.
enum GatewayAnswer: Sendable, Equatable {
    /// It knows the transaction.
    case transaction(GatewayTransaction)
    /// It does not know the reference.
    case unknown
    /// It said nothing that can be read, for this reason; it is asked again, not before the pause that it wants.
    case unavailable(String, after: Duration? = nil)

    /// Whether it answered at all.
    var isAnswered: Bool {
        if case .unavailable = self { false } else { true }
    }
}
