import Contracts
import FoundationEssentials

/// A payment of the demo, in the form of `payments.payments`, with its refund if there is one.
struct DemoPayment: Sendable, Equatable {
    /// Also its id, and that of its refund.
    let number: Int
    let bookingId: Int
    let userId: Int
    let amount: Int
    let currency: String
    let gateway: String
    /// The payment's reference at the gateway.
    let reference: String
    var status = PaymentStatus.pending
    let createdAt: Date
    var submittedAt: Date?
    var paidAt: Date?
    var failedAt: Date?
    var failureReason: String?
    var abandonedAt: Date?
    var voidedAt: Date?
    /// The next poll of a payment that was given up without the gateway's answer.
    var askAt: Date?
    var refund: Refund?
    /// The gateway's record of the payment; nil when it has none.
    var gatewayRecord: GatewayRecord?

    /// A row of `payments.refunds`.
    struct Refund: Sendable, Equatable {
        let amount: Int
        let cause: PaymentRefunded.Cause
        let requestedAt: Date
        let settledAt: Date
        /// Why the gateway refused it; nil when it is paid.
        var failure: String?
    }

    enum GatewayRecord: String, Sendable, Encodable {
        case success
        case failed
        case pending
    }

    /// The refunded amount.
    var refundedAmount: Int { refund.map { $0.failure == nil ? $0.amount : 0 } ?? 0 }
}
