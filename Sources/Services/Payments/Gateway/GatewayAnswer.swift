/// The gateway's answer about a transaction.
enum GatewayAnswer: Sendable, Equatable {
    /// The gateway knows the transaction.
    case transaction(GatewayTransaction)
    /// The gateway does not know the reference.
    case unknown
    /// No usable answer, for this reason. The gateway is polled again, at the earliest after the pause that it asked
    /// for.
    case unavailable(String, after: Duration? = nil)

    /// Whether the gateway answered at all.
    var isAnswered: Bool {
        if case .unavailable = self { false } else { true }
    }
}
