import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Events

@Suite("events.archive-past")
struct ArchivePastTests {
    private static let now = "2026-11-21T02:00:00Z"

    private func completed(_ environment: TestEnvironment) async throws {
        try await environment.event(1, starts: "2026-11-13T20:00:00Z", status: "completed", completed: "2026-11-14T02:00:00Z")
        try await environment.event(2, starts: "2026-11-13T20:00:00Z", status: "completed", completed: "2026-11-14T01:59:59Z")
        try await environment.event(3, starts: "2026-10-13T20:00:00Z", status: "cancelled")
        try await environment.event(4, starts: "2026-10-13T20:00:00Z", status: "live")
    }

    @Test("What was completed more than 7 days ago is archived, not what was completed 7 days ago")
    func archives() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            try await completed(environment)
            let run = try await environment.run(.eventsArchivePast)
            #expect(run.processed == 1)
            #expect(try await environment.statuses() == ["completed", "archived", "cancelled", "live"])
            #expect(
                try await environment.database.query("select archived from events.events order by id", as: Bool.self) == [false, true, false, false])
            let now = try Date(Self.now)
            #expect(try await environment.value("select archived_at from events.events where id = 2", as: Date.self) == now)
            #expect(try await environment.breaches() == [])
        }
    }

    @Test("Run twice at the same instant, the second run changes nothing; a dry run changes nothing at all")
    func twice() async throws {
        try await TestEnvironment.events(at: Self.now) { environment, _ in
            try await completed(environment)
            #expect(try await environment.run(.eventsArchivePast, dryRun: true).processed == 1)
            #expect(try await environment.statuses() == ["completed", "completed", "cancelled", "live"])
            #expect(try await environment.run(.eventsArchivePast).processed == 1)
            #expect(try await environment.run(.eventsArchivePast).processed == 0)
            #expect(try await environment.moves(of: 2) == ["completed → archived"])
        }
    }
}
