/// The history of a booking of the demo.
enum BookingScenario: Sendable, CaseIterable {
    /// Paid, and the confirmation was e-mailed.
    case confirmed
    /// Paid within the last hour, and the confirmation was not e-mailed yet.
    case untold
    /// A first payment was declined.
    case paidAtSecondTry
    /// Two payments succeeded; one was refunded.
    case paidTwice

    /// Begun minutes ago.
    case fresh
    /// Begun more than 10 minutes ago, and not paid.
    case expired
    /// Begun 20 minutes ago, and not paid: its payment counts as abandoned, too.
    case leftAtCheckout
    /// The payment is at the gateway, for 3, 12 and 40 minutes.
    case underWay
    case slow
    case stuck

    /// Cancelled: expired, declined or abandoned.
    case neverPaid
    /// A refund was requested in time and paid.
    case refunded
    /// A refund was requested and is undecided.
    case refundRequested
    /// A refund was requested too late.
    case refundDenied
    /// A refund was requested, but nothing was paid.
    case requestedUnpaid
    /// A refund was granted, and the gateway refused it.
    case refundRefused
    /// The money arrived after the payment had been given up; it was refunded.
    case lateMoney
    /// The payment was given up hours ago; the gateway took the money, and the database does not know it yet. Some are
    /// due to be polled now.
    case givenUp

    /// A random scenario that is possible in the phase, weighted by likelihood.
    static func any(in phase: EventScenario.Phase, _ random: inout SeededGenerator) -> BookingScenario {
        var place = Int.random(in: 0..<1000, using: &random)
        for (scenario, likelihood) in likely(in: phase) {
            place -= likelihood
            if place < 0 { return scenario }
        }
        return .confirmed
    }

    /// The number of bookings per thousand; the rest is confirmed.
    private static func likely(in phase: EventScenario.Phase) -> [(BookingScenario, Int)] {
        switch phase {
        case .over: over
        case .on, .ahead: ahead
        case .eventCancelled: eventCancelled
        }
    }

    private static let over: [(BookingScenario, Int)] = [
        (.neverPaid, 170), (.refunded, 90), (.refundDenied, 40), (.paidAtSecondTry, 40), (.lateMoney, 10), (.refundRefused, 5), (.paidTwice, 5),
    ]

    private static let ahead: [(BookingScenario, Int)] = [
        (.neverPaid, 110), (.untold, 80), (.expired, 70), (.refunded, 40), (.leftAtCheckout, 40), (.refundRequested, 30), (.slow, 30),
        (.stuck, 30), (.paidAtSecondTry, 30), (.fresh, 25), (.underWay, 10), (.requestedUnpaid, 5), (.refundRefused, 5), (.lateMoney, 5),
        (.paidTwice, 5), (.givenUp, 5),
    ]

    private static let eventCancelled: [(BookingScenario, Int)] = [(.refunded, 600), (.neverPaid, 250)]
}
