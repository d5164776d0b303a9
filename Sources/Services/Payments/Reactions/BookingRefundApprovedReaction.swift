import Contracts
import Platform

/// Refunds the amount that the refund policy granted, once; publishes a `payment.refund-failed` for what cannot be
/// refunded.
struct BookingRefundApprovedReaction: Reaction {
    func react(to messages: [Incoming<BookingRefundApproved>], _ tx: Transaction) async throws {
        let bookings = messages.map(\.data.bookingId)
        let payments = Dictionary(grouping: try await Payment.lock(bookings: bookings, tx), by: \.bookingId)
        var refunds = Dictionary(grouping: try await Refund.of(bookings: bookings, tx), by: \.paymentId)
        var orders: [RefundOrder] = []
        var causes: [Int: TraceContext] = [:]
        for message in messages {
            let approval = message.data
            let own = payments[approval.bookingId] ?? []
            switch RefundPlan(on: approval, payments: own, refunds: own.flatMap { refunds[$0.id] ?? [] }) {
            case nil: throw NotThereYet("booking \(approval.bookingId) has no payment")
            case .isUnderWay: break
            case .begin(let order):
                if let flawed = own.first(where: { $0.id == order.payment && $0.invalidReason != nil }) {
                    throw Unprocessable("payment \(flawed.id) cannot be paid back: \(flawed.invalidReason ?? "")")
                }
                orders.append(order)
                causes[order.payment] = message.trace
                let begun = Refund(paymentId: order.payment, amount: order.amount, cause: order.cause, status: .pending)
                refunds[order.payment] = (refunds[order.payment] ?? []).filter { $0.cause != order.cause } + [begun]
            case .refuse(let payment, let reason):
                try tx.publish(
                    PaymentRefundFailed(payment.details(of: approval.money), reason: reason, failedAt: tx.now),
                    causedBy: message.trace ?? .current)
            }
        }
        try await Refund.begin(orders, causes: causes, tx)
    }
}
