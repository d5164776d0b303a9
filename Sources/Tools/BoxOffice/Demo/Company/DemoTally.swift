import Contracts

/// The number of rows of the demo, by kind.
struct DemoTally: Sendable {
    private(set) var organizers = 0
    private(set) var events: [String: Int] = [:]
    private(set) var bookings: [String: Int] = [:]
    private(set) var payments: [String: Int] = [:]
    private(set) var refunds = 0
    /// Bookings of seasons that existed already.
    var present = 0
    /// Payments that were preloaded into the sandbox's gateway; nil when there is no sandbox.
    var sentToGateway: Int?

    init(sentToGateway: Int? = nil) { self.sentToGateway = sentToGateway }

    mutating func add(_ season: DemoCalendar) {
        organizers += season.organizers.count
        for event in season.events { events[event.scenario.status.rawValue, default: 0] += 1 }
        for sale in season.sales {
            bookings[sale.booking.status.rawValue, default: 0] += 1
            for payment in sale.payments {
                payments[payment.status.rawValue, default: 0] += 1
                if payment.refund != nil { refunds += 1 }
            }
        }
    }

    /// For people, a line each.
    var lines: [String] {
        [
            "events     \(list(events)); by \(organizers) organizers",
            "bookings   \(list(bookings)); \(present) were there",
            "payments   \(list(payments)); \(refunds) refunds",
            sentToGateway.map { "gateway    the sandbox knows \($0) payments" } ?? "gateway    SANDBOX_URL is not set: it was told of no payment",
        ]
    }

    /// `12 archived, 3 live`: the largest number first.
    private func list(_ counts: [String: Int]) -> String {
        guard !counts.isEmpty else { return "none made" }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }
}
