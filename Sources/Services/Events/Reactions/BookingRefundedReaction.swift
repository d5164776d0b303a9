import Contracts
import Platform

/// Releases the tickets of refunded bookings whose cancellation has not done so. Nearly always it has.
struct BookingRefundedReaction: Reaction {
    func react(to messages: [Incoming<BookingRefunded>], _ tx: Transaction) async throws {
        let returns = messages.map { TicketRelease(bookingId: $0.data.bookingId, eventId: $0.data.eventId, quantity: $0.data.quantity) }
        try await TicketRelease.release(returns, mayBeReleased: true, tx)
    }
}
