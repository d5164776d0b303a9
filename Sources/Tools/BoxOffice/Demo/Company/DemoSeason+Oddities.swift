/// Rows as no shop should write them and every shop does one day: jobs report them by name, and do the rest.
extension DemoSeason {
    /// An id that nothing has.
    static let nobody = 999_999_999

    /// Puts them in: an event in a zone that does not exist, bookings of an event and of a user that do not exist, and a payment of which the
    /// gateway knows another amount.
    mutating func spoil() {
        if let event = events.firstIndex(where: { $0.occasion == .tomorrow }) { events[event].zone = "Mars/Base" }
        for fate in [DemoFate.untold, .expired, .refundRequested] {
            if let sale = first(fate) { sales[sale].booking.eventId = Self.nobody }
        }
        if let sale = sales.lastIndex(where: { $0.fate == .expired }) { sales[sale].booking.userId = Self.nobody }
        if let payment = sales.lazy.filter({ $0.fate == .stuck }).compactMap(\.payments.first).first(where: { $0.truth == .success }) {
            misreported[payment.reference] = payment.amount - 1
        }
    }

    private func first(_ fate: DemoFate) -> Int? { sales.firstIndex { $0.fate == fate } }
}
