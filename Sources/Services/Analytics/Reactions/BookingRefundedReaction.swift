import Contracts
import Platform

/// Keeps that a booking was refunded.
struct BookingRefundedReaction: Reaction {
    func react(to messages: [Incoming<BookingRefunded>], _ tx: Transaction) async throws {
        try await tx.keep(
            .bookingRefunded, messages.map { Fact(subject: $0.data.bookingId, happenedAt: $0.data.refundedAt, money: $0.data.money) })
    }
}
