import Contracts
import Platform

/// Keeps each refund, with the money of that refund alone.
struct PaymentRefundedReaction: Reaction {
    func react(to messages: [Incoming<PaymentRefunded>], _ tx: Transaction) async throws {
        try await tx.keep(
            .paymentRefunded,
            messages.map {
                Fact(
                    subject: $0.data.payment.paymentId, cause: $0.data.cause.rawValue, happenedAt: $0.data.refundedAt,
                    money: $0.data.payment.money)
            })
    }
}
