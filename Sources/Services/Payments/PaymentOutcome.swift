import Contracts
import FoundationEssentials

/// What a gateway answer means for a payment: one rule for polled answers and for reports that the gateway sends
/// itself.
enum PaymentOutcome: Sendable, Equatable {
    /// The answer changes nothing, and no further answer is expected.
    case unchanged
    /// The gateway has not decided, or does not answer.
    case open
    /// The payment has been at the gateway since then.
    case processing(since: Date)
    /// The gateway took the money then.
    case succeeded(at: Date)
    /// The gateway took the money for a booking that was already paid; all of it is refunded.
    case duplicatePayment(at: Date)
    /// The gateway took the money of a payment that had been given up; all of it is refunded.
    case late(at: Date)
    /// The payment failed.
    case failed(reason: String)
    /// A person has to decide, for this reason; until then the payment stays as it is.
    case review(String)
    /// The answer cannot be meant for this payment; its status does not change.
    case disputed(String)

    /// The failure reason of a payment that the gateway did not decide in time. The gateway may still take the money.
    static let timeout = "gateway timeout"

    /// - Parameters:
    ///   - bookingIsPaid: Whether another payment of the booking has succeeded.
    ///   - isOverdue: Whether the payment is given up if the gateway reports it as undecided or does not know it.
    ///   - isUnanswered: Whether the gateway has not answered for so long that a person has to decide.
    init(on payment: Payment, _ answer: GatewayAnswer, bookingIsPaid: Bool = false, isOverdue: Bool = false, isUnanswered: Bool = false) {
        if let invalidReason = payment.invalidReason {
            self = payment.paidAt == nil ? .review(invalidReason) : .disputed(invalidReason)
            return
        }
        switch answer {
        case .transaction(let told): self = Self.told(told, payment, bookingIsPaid, isOverdue)
        case .unknown: self = Self.undecided(payment, isOverdue)
        // A missing answer is not a decision: no payment is given up because of it.
        case .unavailable where payment.paidAt != nil: self = .unchanged
        case .unavailable(let reason, _):
            let needsPerson = isUnanswered && payment.status == .processing && payment.reviewReason == nil
            self = needsPerson ? .review("the gateway does not answer for it: \(reason)") : .open
        }
    }

    private static func told(_ told: GatewayTransaction, _ payment: Payment, _ bookingIsPaid: Bool, _ isOverdue: Bool) -> PaymentOutcome {
        let goesBack = payment.decision == .giveBack && payment.paidAt == nil && told.status == .success
        guard goesBack || told.money == payment.money else {
            let reason = "the gateway says \(told.money), but it is \(payment.money)"
            return payment.paidAt == nil ? .review(reason) : .disputed(reason)
        }
        switch told.status {
        case .success where payment.status.isOpen:
            if bookingIsPaid { return .duplicatePayment(at: told.at) }
            guard payment.fitsBooking else { return .review(payment.misfit) }
            return .succeeded(at: told.at)
        case .success: return payment.paidAt == nil ? .late(at: told.at) : .unchanged
        case .failed where payment.status.isOpen: return .failed(reason: "declined by the gateway")
        case .abandoned where payment.status.isOpen: return .failed(reason: "abandoned at the gateway")
        case .failed, .abandoned: return .unchanged
        case .pending where payment.status == .pending: return .processing(since: told.at)
        case .pending: return undecided(payment, isOverdue)
        case .other where payment.paidAt != nil: return .unchanged
        case .other(let word): return .review("the gateway says \"\(word)\", and nobody here knows what that means for the money")
        }
    }

    private static func undecided(_ payment: Payment, _ isOverdue: Bool) -> PaymentOutcome {
        if payment.paidAt != nil { return .unchanged }
        return payment.status == .processing && isOverdue ? .failed(reason: timeout) : .open
    }

    /// Whether polling ends: the gateway has given its final answer.
    var isFinal: Bool {
        switch self {
        case .unchanged, .succeeded, .duplicatePayment, .late: true
        case .failed(let reason): reason != Self.timeout
        case .open, .processing, .review, .disputed: false
        }
    }
}
