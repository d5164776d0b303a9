import FoundationEssentials

/// Two hundred events of the demonstration with all that belongs to them: what is written at once.
struct DemoCalendar: Sendable {
    /// Organizers whose first event is in it.
    let organizers: Range<Int>
    var events: [DemoEvent]
    /// In the order of the events.
    var sales: [DemoSale]
    /// Payments of which the gateway says something else than they are.
    var misreported: [String: Int] = [:]

    /// Tickets that are held, by event.
    var held: [Int: Int] {
        sales.reduce(into: [:]) { held, sale in
            if sale.booking.isHolding { held[sale.booking.eventId, default: 0] += sale.booking.quantity }
        }
    }
}
