import Contracts
import Platform

/// Cancels bookings whose payment was begun but never completed.
struct PaymentAbandonedReaction: Reaction {
    func react(to messages: [Incoming<PaymentAbandoned>], _ tx: Transaction) async throws {
        try await FailedPayments(
            payments: messages.map(\.data.payment.paymentId), bookings: messages.map(\.data.bookingId), causes: messages.causes(of: \.bookingId)
        ).cancelBookings(because: .paymentAbandoned, telling: .expired, tx)
    }
}
