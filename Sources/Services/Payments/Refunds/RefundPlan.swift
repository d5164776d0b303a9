import Contracts

/// What to do about a refund that the policy granted: never refund more than was paid, and nothing twice.
enum RefundPlan: Sendable, Equatable {
    /// Request the refund from the gateway.
    case begin(RefundOrder)
    /// The refund is pending or paid.
    case isUnderWay
    /// The refund cannot be made from this payment.
    case refuse(Payment, reason: String)

    /// - Parameters:
    ///   - payments: All payments of the booking, the oldest first; nil is returned when there are none.
    ///   - refunds: All refunds of the booking.
    init?(on approval: BookingRefundApproved, payments: [Payment], refunds: [Refund]) {
        guard let latest = payments.last else { return nil }
        let doubles = refunds.filter { $0.cause == .double }.map(\.paymentId)
        let paid = payments.first { $0.status == .succeeded && !doubles.contains($0.id) }
        let granted = refunds.first { $0.paymentId == paid?.id && $0.cause == .approved }
        if let paid, granted == nil || granted?.status == .failed {
            self = Self.first(approval, paid, refunds)
        } else if let refused = Self.refused(approval, payments, refunds) {
            self = .begin(refused)
        } else if let paid, let granted {
            let earlier = "\(granted.amount) \(paid.currency) were granted before"
            self = Money(granted.amount, paid.currency) == approval.money ? .isUnderWay : .refuse(paid, reason: earlier)
        } else {
            self = .refuse(latest, reason: "no payment of the booking succeeded")
        }
    }

    /// The refund of the payment that pays for the booking, begun or begun again.
    private static func first(_ approval: BookingRefundApproved, _ paid: Payment, _ refunds: [Refund]) -> RefundPlan {
        guard approval.money.currency == paid.currency else {
            return .refuse(paid, reason: "it was paid in \(paid.currency), not in \(approval.money.currency)")
        }
        let left = paid.amountLeft(refunds)
        guard approval.money.amount <= left else {
            return .refuse(paid, reason: "\(approval.money) were granted, but only \(left) of \(paid.amount) are left")
        }
        return .begin(RefundOrder(payment: paid.id, amount: approval.money.amount, cause: .approved))
    }

    /// A late or duplicate payment whose refund the gateway had refused: a person has checked it and grants it by hand.
    private static func refused(_ approval: BookingRefundApproved, _ payments: [Payment], _ refunds: [Refund]) -> RefundOrder? {
        let owed = refunds.first { refund in
            refund.status == .failed && refund.cause != .approved
                && payments.contains { $0.id == refund.paymentId && Money(refund.amount, $0.currency) == approval.money }
        }
        return owed.map { RefundOrder(payment: $0.paymentId, amount: $0.amount, cause: $0.cause) }
    }
}
