/// Invalid rows, as every shop writes one day: jobs report them by name and process the rest.
extension DemoCalendar {
    /// An id that no row has.
    static let nobody = 999_999_999

    /// Adds them: an event in a zone that does not exist, bookings of an event and of a user that do not exist, and a
    /// payment whose amount at the gateway is another one.
    mutating func spoil() {
        if let event = events.firstIndex(where: { $0.scenario == .tomorrow }) { events[event].zone = "Mars/Base" }
        for scenario in [BookingScenario.untold, .expired, .refundRequested] {
            if let sale = first(scenario) { sales[sale].booking.eventId = Self.nobody }
        }
        if let sale = sales.lastIndex(where: { $0.scenario == .expired }) { sales[sale].booking.userId = Self.nobody }
        if let payment = sales.lazy.filter({ $0.scenario == .stuck }).compactMap(\.payments.first).first(where: { $0.gatewayRecord == .success }) {
            misreported[payment.reference] = payment.amount - 1
        }
    }

    private func first(_ scenario: BookingScenario) -> Int? { sales.firstIndex { $0.scenario == scenario } }
}
