import Contracts
import FoundationEssentials

/// What the gateway's word means for a payment: one rule, whether it was asked or spoke by itself.
enum Verdict: Sendable, Equatable {
    /// It changes nothing, and nothing more is to be expected.
    case stands
    /// The gateway has not decided, or cannot be heard.
    case open
    /// The gateway has the payment in hand since then.
    case processing(since: Date)
    /// It took the money then.
    case succeeded(at: Date)
    /// It took the money for a booking that was paid already; all of it goes back.
    case doubled(at: Date)
    /// It took the money of a payment that had been given up; all of it goes back.
    case late(at: Date)
    /// The payment came to nothing.
    case failed(reason: String)
    /// The word cannot be meant for this payment: a person has to look, and nothing is moved.
    case disputed(String)

    /// The reason of a payment that the gateway did not decide in time. It may take the money all the same.
    static let timeout = "gateway timeout"

    /// - Parameters:
    ///   - bookingIsPaid: Whether another payment of the booking has succeeded.
    ///   - isOverdue: Whether it is given up when the gateway cannot say.
    init(on payment: Payment, _ answer: GatewayAnswer, bookingIsPaid: Bool = false, isOverdue: Bool = false) {
        if let flaw = payment.flaw {
            self = .disputed(flaw)
            return
        }
        guard case .transaction(let told) = answer else {
            self = Self.undecided(payment, isOverdue)
            return
        }
        guard told.amount == payment.amount, told.currency == payment.currency else {
            self = .disputed("the gateway says \(told.amount) \(told.currency), but it is \(payment.amount) \(payment.currency)")
            return
        }
        switch told.status {
        case .success where payment.status.isOpen: self = bookingIsPaid ? .doubled(at: told.at) : .succeeded(at: told.at)
        case .success: self = payment.paidAt == nil ? .late(at: told.at) : .stands
        case .failed where payment.status.isOpen: self = .failed(reason: "declined by the gateway")
        case .abandoned where payment.status.isOpen: self = .failed(reason: "abandoned at the gateway")
        case .failed, .abandoned: self = .stands
        case .pending where payment.status == .pending: self = .processing(since: told.at)
        case .pending: self = Self.undecided(payment, isOverdue)
        }
    }

    private static func undecided(_ payment: Payment, _ isOverdue: Bool) -> Verdict {
        if payment.paidAt != nil { return .stands }
        return payment.status == .processing && isOverdue ? .failed(reason: timeout) : .open
    }

    /// Whether the gateway need not be asked about the payment any more.
    var isFinal: Bool {
        switch self {
        case .stands, .succeeded, .doubled, .late: true
        case .failed(let reason): reason != Self.timeout
        case .open, .processing, .disputed: false
        }
    }
}
