/// How far a payment has come.
enum PaymentStatus: String, Codable, Sendable, CaseIterable {
    /// The shop has begun it.
    case pending
    /// The gateway has it in hand.
    case processing
    /// The gateway took the money.
    case succeeded
    /// The gateway refused it, or did not tell in time.
    case failed
    /// Nobody handed it to the gateway in time.
    case abandoned
    /// Its booking was cancelled before it was handed to the gateway.
    case voided

    /// Whether the gateway can still decide it.
    var isOpen: Bool { self == .pending || self == .processing }
}
