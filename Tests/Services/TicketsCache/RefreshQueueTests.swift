import FoundationEssentials
import Postgres
import Support
import Testing

@testable import TicketsCache

@Suite("The queue of the refresh")
struct RefreshQueueTests {
    @Test("While enough users are due in the queue nobody looks for more; with one fewer the next are put into it")
    func enough() async throws {
        try await TestEnvironment.open { environment in
            let now = Date()
            try await environment.database.execute(
                "insert into tickets.refresh_state (user_id, requested_since, next_attempt_at) select n, $1, $1 from generate_series(1, 3) n", now)
            // One that is not due counts for nothing.
            try await environment.database.execute(
                "insert into tickets.refresh_state (user_id, requested_since, next_attempt_at) values (4, $1, $1::timestamptz + interval '1 h')", now)
            try await environment.database.execute("insert into tickets.refresh_log (user_id, activity_type) values (3, 1), (4, 1), (5, 1)")
            let wanted: SQL = "select count(*) from tickets.refresh_state where requested_since is not null"
            try await environment.asRole("tickets-cache") { client in
                try await client.withConnection { session in
                    try await session.script("set search_path = tickets")
                    try await session.execute(RefreshStatements.wantPending, now, RefreshStatements.mostWanted, 3)
                    #expect(try await environment.value(wanted, as: Int.self) == 4)
                    try await session.execute(RefreshStatements.wantPending, now, RefreshStatements.mostWanted, 4)
                    #expect(try await environment.value(wanted, as: Int.self) == 5)
                }
            }
        }
    }
}
