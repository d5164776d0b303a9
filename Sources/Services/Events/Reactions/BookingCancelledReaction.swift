import Contracts
import Platform

/// Releases the tickets of cancelled bookings, so that they can be sold again.
struct BookingCancelledReaction: Reaction {
    func react(to messages: [Incoming<BookingCancelled>], _ tx: Transaction) async throws {
        let returns = messages.flatMap(\.data.bookings).map { TicketRelease(bookingId: $0.bookingId, eventId: $0.eventId, quantity: $0.quantity) }
        try await TicketRelease.release(returns, tx)
    }
}
