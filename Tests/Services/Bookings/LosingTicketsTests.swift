import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Bookings

@Suite("The three ways to lose a booking")
struct LosingTicketsTests {
    enum Way: CaseIterable, Sendable {
        case expiry
        case timeOut
        case abandonment

        func happen(_ fixture: BookingsFixture) async throws {
            switch self {
            case .expiry: try await fixture.run(.bookingsCancelExpired)
            case .timeOut: try await fixture.sendMail(failed: 1, of: 1)
            case .abandonment: try await fixture.sendMail(abandoned: 1, of: 1)
            }
        }
    }

    static let orders: [[Way]] = Way.allCases.flatMap { first in
        Way.allCases.filter { $0 != first }.map { second in [first, second] + Way.allCases.filter { $0 != first && $0 != second } }
    }

    @Test("In every order, twice each: one cancellation, one booking.cancelled, one mail", arguments: orders)
    func inOrder(_ order: [Way]) async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1)
            try await fixture.payment(1, of: 1, order.first == .abandonment ? "abandoned" : "failed")
            for way in order { for _ in 1...2 { try await way.happen(fixture) } }
            #expect(try await fixture.look(1) == "cancelled")
            #expect(try await fixture.published(BookingCancelled.self).flatMap(\.bookings).count == 1)
            #expect(try await fixture.mails().count == 1)
            #expect(try await fixture.count("status_history") == 1)
        }
    }

    @Test("All at once, twice each, with two replicas: one cancellation, one booking.cancelled, one mail of each booking")
    func atOnce() async throws {
        try await BookingsFixture.open(replicas: 2) { fixture in
            for id in 1...30 {
                try await fixture.booking(id)
                try await fixture.payment(id, of: id, "failed")
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...2 {
                    group.addTask { try await fixture.run(.bookingsCancelExpired) }
                    for id in 1...30 {
                        group.addTask { try await fixture.sendMail(failed: id, of: id) }
                        group.addTask { try await fixture.sendMail(abandoned: id, of: id) }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await fixture.published(BookingCancelled.self).flatMap(\.bookings).map(\.bookingId).sorted() == Array(1...30))
            #expect(try await fixture.mails().count == 30)
            #expect(try await fixture.count("status_history") == 30)
            let breaches = try await fixture.environment.database.query(
                "select rule || ': ' || subject || ', ' || detail from operations.conservation() where rule <> 'tickets sold are the tickets held'",
                as: String.self)
            #expect(breaches.isEmpty)
        }
    }
}
