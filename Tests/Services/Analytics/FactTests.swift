import Contracts
import Platform
import Postgres
import Support
import Testing

@testable import Analytics

@Suite("Facts: what happened, each once")
struct FactTests {
    @Test("Partial refunds of one payment count by their own money, in whatever order and however often they are reported")
    func partialRefunds() async throws {
        try await AnalyticsFixture.open { analytics in
            let paid = try analytics.paid(1, 10_000, at: "2026-11-25T10:00:00Z")
            let refunds = try [
                analytics.refunded(1, 3000, .approved, at: "2026-11-25T11:00:00Z"), analytics.refunded(1, 3000, .late, at: "2026-11-25T12:00:00Z"),
                analytics.refunded(1, 4000, .double, at: "2026-11-26T01:00:00Z"),
            ]
            try await analytics.environment.publish((refunds.reversed() + refunds).map { ($0, OutgoingMessage.newID()) })
            try await analytics.environment.publish([(paid, "p"), (paid, "p"), (paid, "q")])
            try await analytics.facts(4)
            try await analytics.processed()
            let sum = try await analytics.environment.value(
                "select sum(amount)::bigint from analytics.facts where what = 'payment-refunded'", as: Int.self)
            #expect(sum == 10_000)
        }
    }

    @Test("A booking of a message that was split into parts is cancelled once")
    func splitMessage() async throws {
        try await AnalyticsFixture.open { analytics in
            let bookings = (1...25).map { BookingCancelled.Booking(bookingId: $0, eventId: 1, userId: 1, quantity: 2) }
            let whole = try BookingCancelled(bookings, reason: "expired", cancelledAt: AnalyticsFixture.instant("2026-11-25T10:00:00Z"))
            try await analytics.environment.publish(whole.parts.map { ($0, OutgoingMessage.newID()) })
            try await analytics.environment.publish(whole)
            try await analytics.facts(25)
            try await analytics.processed()
            try await analytics.facts(25)
        }
    }

    @Test("Replicas that get the same facts keep each once")
    func replicas() async throws {
        try await AnalyticsFixture.open(replicas: 3) { analytics in
            for _ in 1...3 {
                try await analytics.environment.publish(
                    (1...500).map { (try analytics.paid($0, 100, at: "2026-11-25T10:00:00Z"), OutgoingMessage.newID()) })
            }
            try await analytics.processed()
            try await analytics.facts(500)
            #expect(try await analytics.environment.value("select sum(amount)::bigint from analytics.facts", as: Int.self) == 50_000)
        }
    }
}
