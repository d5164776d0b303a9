import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Events

@Suite("event.cancelled")
struct EventCancelledTests {
    private static let now = "2026-11-21T12:00:00Z"

    @Test("An event that is upcoming or live is cancelled; one that is over stays what it is; being told again changes nothing")
    func cancels() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            for (id, status) in [(1, "upcoming"), (2, "live"), (3, "completed"), (4, "archived"), (5, "cancelled"), (6, "upcoming")] {
                try await environment.event(id, starts: "2026-11-21T11:00:00Z", status: status, completed: id == 3 ? Self.now : nil)
            }
            try await environment.publish((1...5).map { (EventCancelled(eventId: $0, reason: "Rain"), "told-\($0)") })
            try await environment.eventually("select count(*) from events.inbox", 5)
            #expect(try await environment.statuses() == ["cancelled", "cancelled", "completed", "archived", "cancelled", "upcoming"])
            let instants = try await environment.database.query("select cancelled_at from events.events where id in (1, 2)", as: Date.self)
            #expect(try instants == [Date(Self.now), Date(Self.now)])

            environment.clock.advance(60)
            try await environment.publish(EventCancelled(eventId: 1, reason: "Rain"), id: "told-again")
            try await environment.eventually("select count(*) from events.inbox", 6)
            #expect(try await environment.moves(of: 1) == ["upcoming → cancelled"])
            let now = try Date(Self.now)
            #expect(try await environment.value("select cancelled_at from events.events where id = 1", as: Date.self) == now)
            #expect(try await environment.breaches() == [])
        }
    }

    @Test("Of an event that does not exist it is parked with its name after the last attempt, and the others are cancelled")
    func unknown() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            try await environment.event(1, starts: "2026-12-01T20:00:00Z")
            try await environment.publish([(EventCancelled(eventId: 404, reason: "Rain"), "a"), (EventCancelled(eventId: 1, reason: "Rain"), "b")])
            try await environment.eventually("select status from events.events", "cancelled")
            let parked = try await environment.hurrying("events.events") { try await environment.parked("events") }
            #expect(parked.reason == "event 404 does not exist")
            #expect(parked.attempts == 5)
        }
    }

    @Test("A cancelled event starts no more and reminds nobody")
    func startsNoMore() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            try await environment.user(1)
            try await environment.event(1, starts: "2026-11-22T20:00:00Z")
            try await environment.bookings(1...1, of: 1)
            try await environment.publish(EventCancelled(eventId: 1, reason: "Rain"))
            try await environment.eventually("select status from events.events", "cancelled")
            #expect(try await environment.run(.eventsSendReminders).processed == 0)
            environment.clock.set(try Date("2026-11-22T21:00:00Z"))
            #expect(try await environment.run(.eventsUpdateStatuses).processed == 0)
        }
    }

    @Test("An event that is over is cancelled when the message says force")
    func forced() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            for (id, status) in [(1, "completed"), (2, "archived"), (3, "completed")] {
                try await environment.event(id, starts: "2026-11-20T11:00:00Z", status: status, completed: Self.now)
            }
            try await environment.publish(
                [(1, true), (2, true), (3, false)].map { (EventCancelled(eventId: $0, reason: "Rain", force: $1), "told-\($0)") })
            try await environment.eventually("select count(*) from events.inbox", 3)
            #expect(try await environment.statuses() == ["cancelled", "cancelled", "completed"])
            #expect(try await environment.breaches() == [])
        }
    }
}
