import Contracts
import Platform

/// A cancelled booking's tickets can be sold again.
struct BookingCancelledReaction: Reaction {
    func react(to messages: [Incoming<BookingCancelled>], _ tx: Transaction) async throws {
        let returns = messages.map { TicketReturn(bookingId: $0.data.bookingId, eventId: $0.data.eventId, quantity: $0.data.quantity) }
        try await TicketReturn.give(back: returns, areNew: !tx.mayRepeat, tx)
    }
}
