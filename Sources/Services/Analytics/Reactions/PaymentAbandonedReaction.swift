import Contracts
import Platform

/// Keeps that a payment was never submitted to the gateway.
struct PaymentAbandonedReaction: Reaction {
    func react(to messages: [Incoming<PaymentAbandoned>], _ tx: Transaction) async throws {
        try await tx.keep(
            .paymentAbandoned,
            messages.map { Fact(subject: $0.data.payment.paymentId, happenedAt: $0.data.abandonedAt, money: $0.data.payment.money) })
    }
}
