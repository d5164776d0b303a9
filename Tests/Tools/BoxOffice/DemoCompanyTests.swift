import Contracts
import Foundation
import Testing

@testable import BoxOffice

@Suite("The company of the demonstration")
struct DemoCompanyTests {
    private static let now = Date(timeIntervalSince1970: 1_920_000_000)

    private func company(seed: Int = 1, now: Date = now, bookings: Int = 10_000) throws -> DemoCompany {
        try DemoCompany(seed: seed, now: now, users: 5000, bookings: bookings)
    }

    @Test("The same seed makes the same sales, another seed others; a later hour moves every instant by an hour")
    func seeds() throws {
        let season = try company().season(0)
        let again = try company().season(0)
        #expect(season.sales.map(\.booking) == again.sales.map(\.booking))
        #expect(season.sales.map(\.payments) == again.sales.map(\.payments))
        let other = try company(seed: 2).season(0)
        #expect(zip(season.sales, other.sales).count { $0.booking == $1.booking } == 0)
        let later = try company(now: Self.now + 3600).season(0)
        for (before, after) in zip(season.sales, later.sales) where before.scenario == .stuck {
            #expect(after.booking.reference == before.booking.reference)
            #expect(after.booking.createdAt == before.booking.createdAt + 3600)
        }
    }

    @Test("Every fate, every status and every occasion is there, and so is all that the gateway can say", arguments: 1...5)
    func states(_ seed: Int) throws {
        let season = try company(seed: seed).season(0)
        #expect(Set(season.sales.map(\.scenario)) == Set(BookingScenario.allCases))
        #expect(Set(season.events.map(\.scenario)) == Set(EventScenario.allCases))
        #expect(Set(season.sales.map(\.booking.status.rawValue)) == ["pending", "confirmed", "cancelled", "refunded"])
        let payments = season.sales.flatMap(\.payments)
        #expect(Set(payments.map(\.status.rawValue)) == ["pending", "processing", "succeeded", "failed", "abandoned", "voided"])
        #expect(Set(payments.compactMap(\.refund?.cause.rawValue)) == ["approved", "late", "double"])
        for scenario in [BookingScenario.slow, .stuck] {
            #expect(
                Set(season.sales.filter { $0.scenario == scenario }.map { $0.payments.first?.gatewayRecord }) == [.success, .failed, .pending, nil])
        }
        #expect(Set(season.events.map(\.currency)).isSuperset(of: ["EUR", "USD", "JPY", "KWD"]))
        #expect(season.events.contains { $0.endsAt == nil } && season.events.contains { $0.endsAt != nil })
        #expect(season.sales.contains { ($0.booking.cancelledAt ?? Self.now) < Self.now - 31 * .day && $0.booking.status == .cancelled })
        #expect(payments.contains { $0.status == .failed && $0.createdAt < Self.now - 31 * .day })
    }

    @Test(
        "Numbers of bookings and payments are used once, from 1 on without a gap, however many seasons there are",
        arguments: [1, 777, 10_000, 25_050])
    func numbers(_ bookings: Int) throws {
        let company = try company(bookings: bookings)
        let seasons = (0..<company.seasons).map(company.season)
        let sales = seasons.flatMap(\.sales)
        #expect(sales.map(\.booking.number) == Array(1...bookings))
        #expect(Set(sales.map(\.booking.reference)).count == bookings)
        let payments = sales.flatMap(\.payments)
        #expect(Set(payments.map(\.number)).count == payments.count)
        #expect(Set(payments.map(\.reference)).count == payments.count)
        #expect(seasons.flatMap(\.events).map(\.number) == Array(1...company.events))
        #expect(bookings != 10_000 || company.events == 200)
    }

    @Test("What happened, happened in its order, and nothing of it in the future", arguments: 1...5)
    func order(_ seed: Int) throws {
        for sale in try company(seed: seed).season(0).sales {
            let booking = sale.booking
            let path = [booking.createdAt, booking.confirmedAt, booking.cancelledAt, booking.refundedAt].compactMap(\.self)
            #expect(path == path.sorted(), "\(booking)")
            #expect(
                (path + [booking.refundRequestedAt, booking.remindedAt, booking.remindedEarlyAt].compactMap(\.self)).allSatisfy { $0 <= Self.now })
            for payment in sale.payments {
                let path = [payment.createdAt, payment.submittedAt, payment.failedAt, payment.paidAt, payment.refund?.settledAt].compactMap(\.self)
                #expect(path == path.sorted() && path.allSatisfy { $0 <= Self.now }, "\(payment)")
            }
        }
    }

    @Test("Refunds were asked for 3 days, 25 hours and 23 hours before the start, and after it")
    func refundRequests() throws {
        let season = try company().season(0)
        let starts = Dictionary(uniqueKeysWithValues: season.events.map { ($0.number, $0.startsAt) })
        let asked = season.sales.filter { $0.scenario == .refundRequested }.compactMap { sale in
            starts[sale.booking.eventId].map { $0.timeIntervalSince(sale.booking.refundRequestedAt ?? .distantPast) / .hour }
        }
        #expect(asked.contains(72) && asked.contains(25) && asked.contains(23) && asked.contains { $0 < 0 })
    }

    @Test("Tomorrow and the seventh day are those of the place", arguments: 0..<24)
    func places(_ hour: Int) throws {
        let now = Self.now + Double(hour) * .hour
        let company = try company(now: now)
        for event in (1...company.events).map({ DemoEvent($0, of: company) }) {
            let days: Int
            switch event.scenario {
            case .tomorrow: days = 1
            case .inSevenDays: days = 7
            default: continue
            }
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = try #require(TimeZone(identifier: event.zone))
            let (today, day) = (calendar.startOfDay(for: now), calendar.startOfDay(for: event.startsAt))
            #expect(calendar.dateComponents([.day], from: today, to: day).day == days, "\(event.zone)")
        }
    }
}
