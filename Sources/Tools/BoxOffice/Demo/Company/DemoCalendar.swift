import Contracts
import FoundationEssentials

/// Two hundred events of the demo with all their rows, written in one transaction.
struct DemoCalendar: Sendable {
    /// The organizers whose first event is among them.
    let organizers: Range<Int>
    var events: [DemoEvent]
    /// The bookings, in the order of the events.
    var sales: [DemoSale]
    /// Payments for which the gateway reports another amount.
    var misreported: [String: Int] = [:]

    /// The number of held tickets, by event.
    var held: [Int: Int] {
        sales.reduce(into: [:]) { held, sale in
            if sale.booking.status.holdsTickets { held[sale.booking.eventId, default: 0] += sale.booking.quantity }
        }
    }
}
