import Contracts
import Platform

/// Keeps that bookings were cancelled: each once, whether a message names one or many.
struct BookingCancelledReaction: Reaction {
    func react(to messages: [Incoming<BookingCancelled>], _ tx: Transaction) async throws {
        try await tx.keep(
            .bookingCancelled,
            messages.flatMap { message in
                message.data.bookings.map { Fact(subject: $0.bookingId, happenedAt: message.data.cancelledAt, money: nil) }
            })
    }
}
