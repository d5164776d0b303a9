/// How a transaction stands at the gateway.
enum GatewayStatus: Sendable, Equatable {
    /// It took the money.
    case success
    /// It refused the payment.
    case failed
    /// The customer left.
    case abandoned
    /// It has not decided.
    case pending
    /// A word that is not in its contract: nobody here knows what becomes of the money.
    case other(String)

    /// Reads the gateway's word.
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
