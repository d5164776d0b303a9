import Contracts
import Platform

/// Cancels bookings whose payment failed.
struct PaymentFailedReaction: Reaction {
    func react(to messages: [Incoming<PaymentFailed>], _ tx: Transaction) async throws {
        try await FailedPayments(
            payments: messages.map(\.data.payment.paymentId), bookings: messages.map(\.data.bookingId), causes: messages.causes(of: \.bookingId)
        ).cancelBookings(because: .paymentFailed, telling: .paymentFailed, tx)
    }
}
