/// The status of a payment: `payments.payments.status`.
public enum PaymentStatus: String, LifecycleStatus {
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

    /// The statuses that may follow.
    public var successors: [PaymentStatus] {
        switch self {
        case .pending: [.processing, .succeeded, .failed, .abandoned, .voided]
        case .processing: [.succeeded, .failed, .abandoned]
        case .succeeded, .failed, .abandoned, .voided: []
        }
    }

    /// Whether the gateway can still decide it.
    public var isOpen: Bool { !successors.isEmpty }
}
