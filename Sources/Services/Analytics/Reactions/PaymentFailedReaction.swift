import Contracts
import Platform

/// Keeps that a payment failed.
struct PaymentFailedReaction: Reaction {
    func react(to messages: [Incoming<PaymentFailed>], _ tx: Transaction) async throws {
        try await tx.keep(
            .paymentFailed, messages.map { Fact(subject: $0.data.payment.paymentId, happenedAt: $0.data.failedAt, money: $0.data.payment.money) })
    }
}
