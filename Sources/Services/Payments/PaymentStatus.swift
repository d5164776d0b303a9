/// The status of a payment.
enum PaymentStatus: String, Codable, Sendable, CaseIterable {
    /// The shop has begun it.
    case pending
    /// The payment was submitted to the gateway.
    case processing
    /// The gateway took the money.
    case succeeded
    /// The gateway refused the payment, or did not decide in time.
    case failed
    /// The shop did not submit the payment to the gateway in time.
    case abandoned
    /// The booking was cancelled before the payment was submitted to the gateway.
    case voided

    /// Whether the gateway can still decide it.
    var isOpen: Bool { self == .pending || self == .processing }
}
