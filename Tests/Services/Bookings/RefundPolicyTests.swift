import Contracts
import Foundation
import Testing

@testable import Bookings

@Suite("The refund policy")
struct RefundPolicyTests {
    /// When somebody asks, when it starts, what goes back of 1,000 minor units.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let requestedAt: String
        let startsAt: String
        let back: RefundDecision

        init(_ name: String, _ requestedAt: String, _ startsAt: String, _ back: RefundDecision) {
            self.name = name
            self.requestedAt = requestedAt
            self.startsAt = startsAt
            self.back = back
        }

        var testDescription: String { name }
    }

    static let times = [
        Case("weeks before: all", "2026-10-01T00:00:00Z", "2026-11-21T20:00:00Z", .granted(1000)),
        Case("24 h 00 m 00 s before: all", "2026-11-20T20:00:00Z", "2026-11-21T20:00:00Z", .granted(1000)),
        Case("one second later: half", "2026-11-20T20:00:01Z", "2026-11-21T20:00:00Z", .granted(500)),
        Case("24 h before to the microsecond: all", "2026-11-20T20:00:00.123457Z", "2026-11-21T20:00:00.123457Z", .granted(1000)),
        Case("one microsecond later: half", "2026-11-20T20:00:00.123458Z", "2026-11-21T20:00:00.123457Z", .granted(500)),
        Case("one second before the start: half", "2026-11-21T19:59:59Z", "2026-11-21T20:00:00Z", .granted(500)),
        Case("at the start: none", "2026-11-21T20:00:00Z", "2026-11-21T20:00:00Z", .denied(.tooLate)),
        Case("after the start: none", "2026-11-25T20:00:00Z", "2026-11-21T20:00:00Z", .denied(.tooLate)),
        // Berlin goes from +01:00 to +02:00 at 2027-03-28T02:00: noon to noon is 23 hours.
        Case("noon the day before, an hour lost between: half", "2027-03-27T12:00:00+01:00", "2027-03-28T12:00:00+02:00", .granted(500)),
        Case("an hour earlier on that day: all", "2027-03-27T11:00:00+01:00", "2027-03-28T12:00:00+02:00", .granted(1000)),
        Case("and a second after that: half", "2027-03-27T11:00:01+01:00", "2027-03-28T12:00:00+02:00", .granted(500)),
        // And back at 2027-10-31T03:00: noon to noon is 25 hours.
        Case("noon the day before, an hour won between: all", "2027-10-30T12:00:00+02:00", "2027-10-31T12:00:00+01:00", .granted(1000)),
        Case("an hour later on that day: all", "2027-10-30T13:00:00+02:00", "2027-10-31T12:00:00+01:00", .granted(1000)),
        Case("and a second after that: half", "2027-10-30T13:00:01+02:00", "2027-10-31T12:00:00+01:00", .granted(500)),
    ]

    @Test("What goes back by the time between request and start", arguments: times)
    func byTime(_ one: Case) throws {
        let requestedAt = try #require(RFC3339.date(from: one.requestedAt))
        let startsAt = try #require(RFC3339.date(from: one.startsAt))
        #expect(RefundPolicy.decide(requestedAt: requestedAt, startsAt: startsAt, ticketsAreGone: false, paid: 1000, left: 1000) == one.back)
    }

    /// What was paid, what of it is left, what goes back when half is due.
    static let halves: [(paid: Int, left: Int, back: RefundDecision)] = [
        (1000, 1000, .granted(500)),
        (999, 999, .granted(500)),
        (1, 1, .granted(1)),
        (Int.max, Int.max, .granted(Int.max / 2 + 1)),
        (999, 300, .granted(300)),
        (999, 0, .denied(.nothingLeft)),
        (0, 0, .denied(.nothingPaid)),
    ]

    @Test("Half of an odd amount is rounded in the customer's favour, and never more goes back than is left", arguments: halves)
    func half(_ paid: Int, _ left: Int, _ back: RefundDecision) {
        let startsAt = Date(timeIntervalSince1970: 1_795_000_000)
        #expect(RefundPolicy.decide(requestedAt: startsAt - 3600, startsAt: startsAt, ticketsAreGone: false, paid: paid, left: left) == back)
    }

    @Test("All that is left goes back at any time when the customer can no longer have the tickets", arguments: [-90_000.0, -3600, 0, 90_000])
    func ticketsAreGone(_ afterStart: TimeInterval) {
        let startsAt = Date(timeIntervalSince1970: 1_795_000_000)
        func decide(paid: Int, left: Int) -> RefundDecision {
            RefundPolicy.decide(requestedAt: startsAt + afterStart, startsAt: startsAt, ticketsAreGone: true, paid: paid, left: left)
        }
        #expect(decide(paid: 999, left: 999) == .granted(999))
        #expect(decide(paid: 999, left: 499) == .granted(499))
        #expect(decide(paid: 0, left: 0) == .denied(.nothingPaid))
    }
}
