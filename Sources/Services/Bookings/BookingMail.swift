import Contracts
import Platform

/// The mails to the customer of a booking, who gets one of each kind.
enum BookingMail: Sendable {
    case confirmed
    /// The booking was not paid in time.
    case expired
    case paymentFailed
    /// With the organizer's reason, which may be empty, and the amount that is refunded; nil when nothing was paid.
    case eventCancelled(reason: String, refund: Money?)
    /// This amount was refunded.
    case refunded(Money)
    case refundDenied(RefundDenial)

    /// The name of the template's files.
    var template: String {
        switch self {
        case .confirmed: "booking-confirmed"
        case .expired: "booking-expired"
        case .paymentFailed: "booking-payment-failed"
        case .eventCancelled: "booking-event-cancelled"
        case .refunded: "booking-refunded"
        case .refundDenied: "refund-denied"
        }
    }

    /// A customer gets only one mail of each kind for a booking.
    var kind: String {
        switch self {
        case .expired, .paymentFailed, .eventCancelled: "booking-cancelled"
        case .confirmed, .refunded, .refundDenied: template
        }
    }

    /// The values that the template uses beside those of every mail.
    func facts(of mailContext: BookingMailContext) -> [String: MailFact] {
        switch self {
        case .confirmed: ["total": .money(Money(mailContext.totalAmount, mailContext.currency))]
        case .expired, .paymentFailed: [:]
        case .eventCancelled(let reason, let refund): ["reason": .text(reason), "refund": refund.map { .money($0) } ?? .text("")]
        case .refunded(let money): ["amount": .money(money)]
        case .refundDenied(let denial):
            [
                "unpaid": .text(denial == .nothingPaid ? denial.rawValue : ""),
                "spent": .text(denial == .nothingLeft ? denial.rawValue : ""),
                "tooLate": .text(denial == .tooLate ? denial.rawValue : ""),
            ]
        }
    }
}
