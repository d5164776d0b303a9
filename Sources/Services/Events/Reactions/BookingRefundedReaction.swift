import Contracts
import Platform

/// A refunded booking was cancelled before, and that has nearly always returned its tickets; if not, they return now.
struct BookingRefundedReaction: Reaction {
    func react(to messages: [Incoming<BookingRefunded>], _ tx: Transaction) async throws {
        let returns = messages.map { TicketRelease(bookingId: $0.data.bookingId, eventId: $0.data.eventId, quantity: $0.data.quantity) }
        try await TicketRelease.give(back: returns, areNew: false, tx)
    }
}
