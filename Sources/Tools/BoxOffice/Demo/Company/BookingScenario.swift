/// What has become of a booking of the demonstration.
enum BookingScenario: Sendable, CaseIterable {
    /// Paid, and the customer was told.
    case confirmed
    /// Paid within the last hour, and nobody has told the customer.
    case untold
    /// A first payment was declined.
    case paidAtSecondTry
    /// Two payments came; one went back.
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
    /// The money was asked for in time, and went back.
    case refunded
    /// It was asked for, and nobody has decided.
    case refundRequested
    /// It was asked for too late.
    case refundDenied
    /// It was asked for by somebody who never paid.
    case requestedUnpaid
    /// It was granted, and the gateway refused.
    case refundRefused
    /// The payment came when it had been given up; it went back.
    case lateMoney
    /// The payment was given up hours ago; the gateway took the money, and nobody knows that yet. Some are to be asked about now.
    case givenUp

    /// One of those that can be, as often as it is likely.
    static func any(in phase: EventScenario.Phase, _ random: inout SeededGenerator) -> BookingScenario {
        var place = Int.random(in: 0..<1000, using: &random)
        for (scenario, likelihood) in likely(in: phase) {
            place -= likelihood
            if place < 0 { return scenario }
        }
        return .confirmed
    }

    /// Of a thousand bookings so many; the rest is confirmed.
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
