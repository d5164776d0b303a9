import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@Suite("The three ways to lose a booking")
struct LostBookingTests {
    private static let ways: [JobName] = [.bookingsCancelExpired, .paymentsHandleTimeouts, .paymentsCleanupAbandoned]

    /// Every order in which they can arrive.
    private static let orders: [[JobName]] = ways.flatMap { first in
        ways.filter { $0 != first }.flatMap { second in ways.filter { $0 != first && $0 != second }.map { [first, second, $0] } }
    }

    @Test(
        "Expiry, gateway time-out and abandonment together, twice each: tickets go back once, one mail, each payment in one state", arguments: orders)
    func together(_ order: [JobName]) async throws {
        try await Ticketing.open { environment, stubs async throws in
            let now = environment.clock.now
            let event = try await environment.shop.event(startsAt: now + 86_400 * 30)
            // One payment that the gateway does not know, and one that never reached it.
            let lost = try await environment.shop.orders(20, of: event, at: now - 3600, submitted: now - 2400)
            for each in lost { _ = try await environment.shop.anotherPayment(of: each, at: now - 1800) }

            for job in order + order { try await environment.tick(job, trigger: .manual) }
            try await environment.eventually("select count(*) from payments.payments where status in ('pending', 'processing')", 0)
            // Whatever the first ticks left to the payments is expired by now.
            for job in order { try await environment.tick(job, trigger: .manual) }

            try await environment.eventually("select count(*) from bookings.bookings where status = 'cancelled'", lost.count)
            try await environment.eventually("select tickets_sold from events.events", 0)
            try await environment.shop.booksBalance()
            #expect(try await environment.value("select count(*) from bookings.status_history", as: Int.self) == lost.count)
            #expect(try await environment.value("select count(*) from payments.status_history", as: Int.self) == 2 * lost.count)
            #expect(try await environment.value("select count(*) from events.releases", as: Int.self) == lost.count)
            let mails = try await stubs.mails()
            #expect(mails.count == lost.count && Set(mails.flatMap(\.recipients)).count == lost.count)
        }
    }
}
