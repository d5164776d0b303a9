import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Events

@Suite("events.update-statuses")
struct UpdateStatusesTests {
    private static let now = "2026-11-21T12:00:00Z"

    /// Events around noon, with what becomes of each.
    private func aroundNoon(_ environment: TestEnvironment) async throws -> [String] {
        try await environment.event(1, starts: "2026-11-21T12:00:01Z")
        try await environment.event(2, starts: "2026-11-21T12:00:00Z")
        try await environment.event(3, starts: "2026-11-21T08:00:01Z", status: "live")
        try await environment.event(4, starts: "2026-11-21T08:00:00Z", status: "live")
        try await environment.event(5, starts: "2026-11-21T11:00:00Z", ends: "2026-11-21T12:00:00Z", status: "live")
        try await environment.event(6, starts: "2026-11-21T06:00:00Z", ends: "2026-11-21T12:00:01Z", status: "live")
        try await environment.event(7, starts: "2026-11-21T06:00:00Z", status: "cancelled")
        try await environment.event(8, starts: "2026-11-01T06:00:00Z")
        return ["upcoming", "live", "live", "completed", "completed", "live", "cancelled", "completed"]
    }

    @Test("An event is live from its start, and completed at its end or, when it has none, 4 hours after the start")
    func statuses() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            let expected = try await aroundNoon(environment)
            let run = try await environment.run(.eventsUpdateStatuses)
            #expect(run.outcome == .succeeded)
            #expect(run.processed == 5)
            #expect(try await environment.statuses() == expected)
            let instants = try await environment.database.query(
                "select distinct completed_at from events.events where status = 'completed'", as: Date.self)
            #expect(try instants == [Date(Self.now)])
        }
    }

    @Test("An event that slept through its start and its end goes through both, and its history shows both")
    func sleptThrough() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            _ = try await aroundNoon(environment)
            _ = try await environment.run(.eventsUpdateStatuses)
            #expect(try await environment.moves(of: 8) == ["upcoming → live", "live → completed"])
            #expect(try await environment.breaches() == [])
        }
    }

    @Test("An event that was postponed after it went live is upcoming again, then live on its new day; an end of before is none")
    func postponed() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            try await environment.event(1, starts: "2026-11-21T11:00:00Z", ends: "2026-11-21T13:00:00Z")
            try await environment.event(2, starts: "2026-11-21T12:00:30Z", status: "live")
            try await environment.event(3, starts: "2026-11-24T12:00:00Z", status: "completed")
            _ = try await environment.run(.eventsUpdateStatuses)
            #expect(try await environment.statuses() == ["live", "live", "completed"])
            try await environment.database.execute("update events.events set starts_at = $1 where id = 1", Date("2026-11-23T20:00:00Z"))
            #expect(try await environment.run(.eventsUpdateStatuses).processed == 1)
            #expect(try await environment.statuses() == ["upcoming", "live", "completed"])
            #expect(try await environment.run(.eventsUpdateStatuses).processed == 0)
            for (hour, status) in [("2026-11-23T20:00:00Z", "live"), ("2026-11-23T23:00:00Z", "live"), ("2026-11-24T00:00:00Z", "completed")] {
                environment.clock.set(try Date(hour))
                _ = try await environment.run(.eventsUpdateStatuses)
                #expect(try await environment.statuses().first == status)
            }
            #expect(try await environment.moves(of: 1) == ["upcoming → live", "live → upcoming", "upcoming → live", "live → completed"])
            #expect(try await environment.breaches() == [])
        }
    }

    @Test("Run twice at the same instant, the second run changes nothing")
    func twice() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            let expected = try await aroundNoon(environment)
            _ = try await environment.run(.eventsUpdateStatuses)
            let moves = try await environment.value("select count(*) from events.status_history", as: Int.self)
            let again = try await environment.run(.eventsUpdateStatuses)
            #expect(again.processed == 0)
            #expect(try await environment.statuses() == expected)
            #expect(try await environment.value("select count(*) from events.status_history", as: Int.self) == moves)
        }
    }

    @Test("A dry run tells how many would move, and moves none")
    func dryRun() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            _ = try await aroundNoon(environment)
            let before = try await environment.statuses()
            let run = try await environment.run(.eventsUpdateStatuses, dryRun: true)
            #expect(run.outcome == .succeeded)
            #expect(run.processed == 5)
            #expect(try await environment.statuses() == before)
            #expect(try await environment.value("select count(*) from events.status_history", as: Int.self) == 0)
        }
    }

    @Test("Three thousand events that slept are moved in slices, none forgotten")
    func slices() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            try await environment.database.execute(
                """
                insert into events.events (organizer_id, title, time_zone, starts_at, price, currency, total_tickets)
                select 1, 'Event ' || n, 'UTC', $1::timestamptz - n * interval '1 second', 0, 'EUR', 10 from generate_series(1, 3000) n
                """, Date("2026-11-20T12:00:00Z"))
            let run = try await environment.run(.eventsUpdateStatuses)
            #expect(run.processed == 6000)
            #expect(try await environment.value("select count(*) from events.events where status = 'completed'", as: Int.self) == 3000)
            #expect(try await environment.value("select max(slice) > 3 from operations.job_runs", as: Bool.self) == true)
            #expect(try await environment.breaches() == [])
        }
    }
}
