import Contracts
import Platform

/// Keeps that a payment succeeded, at the time at which the gateway took the money.
struct PaymentSucceededReaction: Reaction {
    func react(to messages: [Incoming<PaymentSucceeded>], _ tx: Transaction) async throws {
        try await tx.keep(
            .paymentSucceeded, messages.map { Fact(subject: $0.data.payment.paymentId, happenedAt: $0.data.paidAt, money: $0.data.payment.money) })
    }
}
