/// The status of a transaction at the gateway.
enum GatewayStatus: Sendable, Equatable {
    /// The gateway took the money.
    case success
    /// The gateway refused the payment.
    case failed
    /// The customer left.
    case abandoned
    /// The gateway has not decided.
    case pending
    /// A status that is not in the gateway's contract: what it means for the money is unknown.
    case other(String)

    /// Parses the gateway's status.
    init(_ word: String) {
        switch word {
        case "success": self = .success
        case "failed": self = .failed
        case "abandoned": self = .abandoned
        case "pending": self = .pending
        default: self = .other(word)
        }
    }
}
