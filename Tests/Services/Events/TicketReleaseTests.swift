import AMQP
import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Events

@Suite("Tickets go back to their event")
struct TicketReleaseTests {
    private static let now = "2026-11-21T12:00:00Z"

    private func cancelled(_ booking: Int, of event: Int, _ quantity: Int = 1) throws -> BookingCancelled {
        try cancelled([(booking, event, quantity)])
    }

    /// One message about several bookings: which, of which event, how many tickets.
    private func cancelled(_ bookings: [(id: Int, event: Int, quantity: Int)]) throws -> BookingCancelled {
        try BookingCancelled(
            bookings.map { .init(bookingId: $0.id, eventId: $0.event, userId: 1, quantity: $0.quantity) }, reason: "expired",
            cancelledAt: Date(Self.now))
    }

    private func refunded(_ booking: Int, of event: Int, _ quantity: Int = 1) throws -> BookingRefunded {
        try BookingRefunded(
            bookingId: booking, eventId: event, userId: 1, quantity: quantity, money: Money(100, "EUR"), refundedAt: Date(Self.now))
    }

    /// One of three messages about a booking: it is told twice as cancelled and once as refunded.
    private func tell(_ message: Int, of booking: Int, _ environment: TestEnvironment) async throws {
        switch message {
        case 0: try await environment.publish(cancelled(booking, of: 1, 2), id: "cancelled-\(booking)")
        case 1: try await environment.publish(cancelled(booking, of: 1, 2), id: "cancelled-again-\(booking)")
        default: try await environment.publish(refunded(booking, of: 1, 2), id: "refunded-\(booking)")
        }
    }

    @Test("Once for a booking that is told as cancelled twice and as refunded, in every order, together or one after the other")
    func everyOrder() async throws {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            try await environment.event(1, starts: "2026-12-01T20:00:00Z")
            try await environment.bookings(1...13, of: 1, quantity: 2, status: "pending")
            try await environment.database.execute("update bookings.bookings set status = 'cancelled', cancelled_at = now() where id <= 12")
            var worked = 0
            for (index, order) in orders.enumerated() {
                for message in order {
                    try await tell(message, of: index + 1, environment)
                    worked += 1
                    try await environment.eventually("select count(*) from events.inbox", worked)
                }
                for message in order { try await tell(message, of: index + 7, environment) }
                worked += 3
                try await environment.eventually("select count(*) from events.inbox", worked)
            }
            #expect(try await environment.value("select tickets_sold from events.events", as: Int.self) == 2)
            #expect(try await environment.value("select count(*) from events.releases", as: Int.self) == 12)
            #expect(try await environment.breaches() == [])
        }
    }

    @Test("Not for an event that does not exist, and never below zero: such a message is parked by name, and the queue flows on")
    func parked() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            try await environment.event(1, starts: "2026-12-01T20:00:00Z")
            try await environment.bookings(1...4, of: 1, status: "pending")
            try await environment.database.execute("update bookings.bookings set status = 'cancelled', cancelled_at = now() where id <= 3")
            let messages = try [cancelled(1, of: 1), cancelled(90, of: 99), cancelled(2, of: 1), cancelled(91, of: 1, 7), cancelled(3, of: 1)]
            try await environment.publish(messages.enumerated().map { ($1, "message-\($0)") })
            try await environment.eventually("select tickets_sold from events.events", 1)
            let reasons = try await environment.hurrying("events.events") {
                [try await environment.parked("events"), try await environment.parked("events")]
            }
            #expect(reasons.map(\.reason).contains("event 99 does not exist"))
            #expect(reasons.map(\.reason).contains { $0.hasPrefix("event 1 has sold") && $0.hasSuffix("so 7 cannot come back") })
            #expect(reasons.map(\.attempts).sorted() == [1, 5])
            #expect(try await environment.database.query("select booking_id from events.releases order by 1", as: Int.self) == [1, 2, 3])

            try await environment.publish(refunded(92, of: 98))
            let unknown = try await environment.hurrying("events.events") { try await environment.parked("events") }
            #expect(unknown.reason == "event 98 does not exist")
            #expect(try await environment.breaches() == [])
        }
    }

    @Test("A message about many bookings that cannot be worked is split: what is wrong with one of them costs that one alone")
    func split() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            try await environment.event(1, starts: "2026-12-01T20:00:00Z")
            try await environment.bookings(1...4, of: 1, status: "pending")
            try await environment.database.execute("update bookings.bookings set status = 'cancelled', cancelled_at = now() where id <= 3")
            let trace = TraceContext()
            try await TraceContext.$current.withValue(trace) {
                for _ in 1...2 { try await environment.publish(cancelled([(1, 1, 1), (90, 99, 1), (2, 1, 1)]), id: "told twice") }
            }
            try await environment.publish(cancelled(3, of: 1))
            try await environment.eventually("select tickets_sold from events.events", 1)
            let parked = try await environment.hurrying("events.events") { try await environment.parked("events") }
            #expect(parked.reason == "event 99 does not exist")
            #expect(try Envelope(parked.delivery).trace?.traceID == trace.traceID)
            #expect(try BookingCancelled.decode(Envelope(parked.delivery).data) == cancelled(90, of: 99))
            #expect(try await environment.database.query("select booking_id from events.releases order by 1", as: Int.self) == [1, 2, 3])
            try await environment.eventually("select count(*) from events.inbox", 4)
            #expect(try await environment.broker.get("events.parked") == nil)
            #expect(try await environment.breaches() == [])
        }
    }

    @Test("Two replicas that are told of 12,000 cancelled bookings of few events, each twice, return each booking's tickets once")
    func manyOfFew() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, stubs in
            try await environment.with(Events.self, settings: stubs.settings) { _ in
                for event in 1...6 {
                    try await environment.event(event, starts: "2026-12-01T20:00:00Z", tickets: 5000)
                    try await environment.bookings((event * 10_000)...(event * 10_000 + 1999), of: event, quantity: 2, status: "pending")
                }
                try await environment.database.execute("update bookings.bookings set status = 'cancelled', cancelled_at = now()")
                let messages = try (1...6).flatMap { event in try (0..<2000).map { try cancelled(event * 10_000 + $0, of: event, 2) } }
                try await environment.publish(messages.enumerated().map { ($1, "first-\($0)") }.shuffled())
                try await environment.publish(messages.enumerated().map { ($1, "second-\($0)") }.shuffled())
                try await environment.eventually("select count(*) from events.inbox", 24_000)
                #expect(try await environment.value("select sum(tickets_sold)::bigint from events.events", as: Int.self) == 0)
                #expect(try await environment.value("select count(*) from events.releases", as: Int.self) == 12_000)
                #expect(try await environment.broker.get("events.parked") == nil)
                #expect(try await environment.breaches() == [])
            }
        }
    }
}
