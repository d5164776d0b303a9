import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import TicketsCache

@Suite("tickets-cache.refresh fetches what is due")
struct RefreshTests {
    private static let twoPasses = #"""
        [{"uuid":"b","status":"USABLE","product_uuid":"free","time_created":"2026-02-01T00:00:00Z"},
         {"uuid":"a","status":"USABLE","product_uuid":"paid","time_created":"2026-01-01T00:00:00Z"}]
        """#

    /// A house with users 1…n who have tokens and a cache that somebody filled before, and a sandbox that knows their passes.
    private func open(users: Int, _ body: @Sendable (TestEnvironment, StubServices) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.database.execute(
                    "insert into tickets.bytemark_tokens (user_id, token) select n, 'token-' || n from generate_series(1, $1::int) n", users)
                try await environment.database.execute("insert into tickets.cache (user_id, refreshed_at) values (999, now())")
                for user in 1...users { try await stubs.passes(of: user, Self.twoPasses) }
                try await body(environment, stubs)
            }
        }
    }

    @Test("A user's passes are cached in the order of their creation, with their free ticket status and hash")
    func entries() async throws {
        try await open(users: 1) { environment, stubs in
            try await environment.database.execute("insert into tickets.refresh_log (user_id, activity_type) values (1, 1)")
            try await environment.with(TicketsCache.self, settings: stubs.settings.merging(["FREE_TICKET_PRODUCTS": "free,other"]) { $1 }) { _ in
                let run = try await environment.ended(try await environment.tick(.ticketsCacheRefresh))
                #expect(run.outcome == .succeeded)
                #expect(run.processed == 1)
                let uuids = try await environment.database.query(
                    "select e ->> 'pass_uuid' from tickets.cache, jsonb_array_elements(passes) e where user_id = 1", as: String.self)
                #expect(uuids == ["a", "b"])
                let free = try await environment.database.query(
                    "select (e ->> 'free_ticket_status')::bool from tickets.cache, jsonb_array_elements(passes) e where user_id = 1", as: Bool.self)
                #expect(free == [false, true])
                let hash = try await environment.value(
                    "select passes -> 0 ->> 'payload_hash' from tickets.cache where user_id = 1", as: String.self)
                // MD5 of {"product_uuid":"paid","status":"USABLE","time_created":"2026-01-01T00:00:00Z","uuid":"a"}
                let canonical = #"{"product_uuid":"paid","status":"USABLE","time_created":"2026-01-01T00:00:00Z","uuid":"a"}"#
                #expect(try await environment.value("select md5($1)", as: String.self, canonical) == hash)
                #expect(try await environment.value("select status from tickets.refresh_log", as: Int.self) == 1)
                #expect(try await environment.value("select count(*) from tickets.cache_log where change = 'added'", as: Int.self) == 2)
            }
        }
    }

    @Test(
        "A zero byte in a pass costs its user alone: named on the run, with a backoff; everybody else is refreshed",
        arguments: [
            #"{"uuid":"p","status":"USABLE","note":"a\u0000b","time_created":"2026-01-01"}"#,
            #"{"uuid":"p\u0000","status":"USABLE","time_created":"2026-01-01"}"#,
            #"{"uuid":"p","status":"A\u0000","time_created":"2026-01-01"}"#,
        ])
    func zeroByte(pass: String) async throws {
        try await open(users: 12) { environment, stubs in
            try await stubs.passes(of: 7, "[\(pass)]")
            try await environment.database.execute(
                "insert into tickets.refresh_log (user_id, activity_type) select n, 1 from generate_series(1, 12) n")
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                let run = try await environment.ended(try await environment.tick(.ticketsCacheRefresh))
                #expect(run.outcome == .partial)
                #expect(run.processed == 11)
                #expect(run.failed == 1)
                #expect(run.details.contains(#""row": "user 7", "error": "PostgreSQL 22P05"#))
                #expect(try await environment.database.query("select user_id from tickets.refresh_log where status = 0", as: Int.self) == [7])
                let state = try await environment.value(
                    "select failures || ' ' || (leased_by is null) || ' ' || (last_error like 'PostgreSQL 22P05%') from tickets.refresh_state where user_id = 7",
                    as: String.self)
                #expect(state == "1 true true")
                #expect(
                    try await environment.value("select next_attempt_at > now() from tickets.refresh_state where user_id = 7", as: Bool.self) == true)
                #expect(try await environment.value("select count(*) from tickets.refresh_state where last_error is not null", as: Int.self) == 1)
            }
        }
    }

    @Test("A user whose row cannot be claimed is named and postponed; everybody else is refreshed")
    func unclaimable() async throws {
        try await open(users: 12) { environment, stubs in
            try await environment.database.execute(
                "insert into tickets.refresh_log (user_id, activity_type) select n, 1 from generate_series(1, 12) n")
            // Its lease cannot be written.
            try await environment.database.execute("alter table tickets.refresh_state add check (user_id <> 7 or leased_by is null)")
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                let run = try await environment.ended(try await environment.tick(.ticketsCacheRefresh))
                #expect(run.outcome == .partial)
                #expect(run.processed == 11)
                #expect(run.failed == 1)
                #expect(run.details.contains(#""row": "user 7", "error": "PostgreSQL 23514"#))
            }
        }
    }

    @Test("A refresh that fails leaves that user's rows pending and touches nobody else's")
    func oneFails() async throws {
        try await open(users: 3) { environment, stubs in
            try await environment.database.execute(
                "insert into tickets.refresh_log (user_id, activity_type, scheduled_on) values (1, 1, null), (2, 1, null), (2, 3, now()), (3, 1, null)"
            )
            try await stubs.order("faults", #"{"part":"bytemark","match":{"token":"token-2"},"action":{"status":503}}"#)
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                let run = try await environment.ended(try await environment.tick(.ticketsCacheRefresh))
                #expect(run.outcome == .partial)
                #expect(run.processed == 2)
                #expect(run.failed == 1)
                #expect(run.details.contains("user 2"))
                let pending = try await environment.database.query("select user_id from tickets.refresh_log where status = 0", as: Int.self)
                #expect(pending == [2, 2])
            }
        }
    }

    @Test("A row that arrives during a fetch is not marked by it")
    func arrivesDuringFetch() async throws {
        try await open(users: 1) { environment, stubs in
            try await environment.database.execute("insert into tickets.refresh_log (user_id, activity_type) values (1, 1)")
            try await stubs.hold("bytemark")
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                let tick = try await environment.tick(.ticketsCacheRefresh)
                try await environment.eventually("the fetch is under way") { try await !stubs.received("bytemark").isEmpty }
                try await environment.database.execute("insert into tickets.refresh_log (user_id, activity_type, note) values (1, 1, 'late')")
                try await stubs.letGo()
                try await environment.eventually("select count(*) from tickets.cache where user_id = 1", 1)
                #expect(try await environment.value("select status from tickets.refresh_log where note is null", as: Int.self) == 1)
                // The run sees that another row waits, and fetches again for it.
                let run = try await environment.ended(tick)
                #expect(run.processed == 2)
                #expect(try await environment.value("select status from tickets.refresh_log where note = 'late'", as: Int.self) == 1)
                #expect(try await stubs.received("bytemark").count == 4)
            }
        }
    }

    @Test("Scheduled rows are taken when due and not before")
    func scheduled() async throws {
        try await open(users: 2) { environment, stubs in
            let noon = Date(timeIntervalSince1970: 1_795_000_000)
            environment.clock.set(noon)
            try await environment.database.execute(
                "insert into tickets.refresh_log (user_id, activity_type, scheduled_on) values (1, 3, $1), (2, 3, $2)", noon, noon + 1)
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                let first = try await environment.ended(try await environment.tick(.ticketsCacheRefresh))
                #expect(first.processed == 1)
                #expect(try await environment.database.query("select user_id from tickets.refresh_log where status = 0", as: Int.self) == [2])
                environment.clock.advance(1)
                let second = try await environment.ended(try await environment.tick(.ticketsCacheRefresh))
                #expect(second.processed == 1)
            }
        }
    }

    @Test("An empty cache is built from every user with a token")
    func emptyCache() async throws {
        try await open(users: 5) { environment, stubs in
            try await environment.database.execute("delete from tickets.cache")
            try await environment.database.execute("update tickets.bytemark_tokens set void_since = now() where user_id = 5")
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                let run = try await environment.ended(try await environment.tick(.ticketsCacheRefresh))
                #expect(run.processed == 4)
                #expect(try await environment.value("select count(*) from tickets.cache", as: Int.self) == 4)
            }
        }
    }

    @Test("A void token is noted and not asked with again until it changes")
    func voidToken() async throws {
        try await open(users: 1) { environment, stubs in
            try await environment.database.execute("insert into tickets.refresh_log (user_id, activity_type) values (1, 1)")
            try await stubs.order("bytemark/tokens", #"[{"token":"token-1","voidToken":true}]"#)
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                let run = try await environment.ended(try await environment.tick(.ticketsCacheRefresh))
                #expect(run.outcome == .partial)
                #expect(try await environment.value("select void_since is not null from tickets.bytemark_tokens", as: Bool.self) == true)
                #expect(try await environment.value("select note from tickets.refresh_log", as: String.self)?.contains("401") == true)
                let again = try await environment.ended(try await environment.tick(.ticketsCacheRefresh, trigger: .manual))
                #expect(again.outcome == .succeeded)
                #expect(again.processed + again.failed == 0)
                try await stubs.passes(of: 1, Self.twoPasses)
                try await stubs.order("bytemark/tokens", #"[{"token":"fresh","passes":[]}]"#)
                try await environment.database.execute("update tickets.bytemark_tokens set token = 'fresh'")
                let after = try await environment.ended(try await environment.tick(.ticketsCacheRefresh, trigger: .manual))
                #expect(after.processed == 1)
                #expect(try await environment.value("select status from tickets.refresh_log", as: Int.self) == 1)
            }
        }
    }

    @Test(
        "429 is honoured: the user waits as long as Bytemark asked for, an hour at most",
        arguments: [("120", 120.0), ("86400000", 3600), (#""Fri, 31 Dec 2199 23:59:59 GMT""#, 3600)])
    func retryAfter(asked: String, pause: TimeInterval) async throws {
        try await open(users: 1) { environment, stubs in
            try await environment.database.execute("insert into tickets.refresh_log (user_id, activity_type) values (1, 1)")
            try await stubs.order("faults", #"{"part":"bytemark","action":{"status":429,"retryAfter":\#(asked)}}"#)
            let now = Date(timeIntervalSince1970: 1_795_000_000)
            environment.clock.set(now)
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                let run = try await environment.ended(try await environment.tick(.ticketsCacheRefresh))
                #expect(run.failed == 1)
                let next = try await environment.value("select next_attempt_at from tickets.refresh_state", as: Date.self)
                #expect(next == now + pause)
            }
        }
    }

    @Test("Only passes whose hash changed are rewritten and logged")
    func onlyChanges() async throws {
        try await open(users: 1) { environment, stubs in
            environment.clock.set(Date(timeIntervalSince1970: 1_795_000_000))
            try await environment.database.execute("insert into tickets.refresh_log (user_id, activity_type) values (1, 1)")
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                _ = try await environment.ended(try await environment.tick(.ticketsCacheRefresh))
                environment.clock.advance(300)
                try await environment.database.execute("delete from tickets.cache_log")
                // a: members in another order, the same pass. b: used. c: new.
                try await stubs.passes(
                    of: 1,
                    #"""
                    [{"time_created":"2026-01-01T00:00:00Z","uuid":"a","product_uuid":"paid","status":"USABLE"},
                     {"uuid":"b","status":"USING","product_uuid":"free","time_created":"2026-02-01T00:00:00Z"},
                     {"uuid":"c","status":"USABLE","product_uuid":"paid","time_created":"2026-03-01T00:00:00Z"}]
                    """#)
                try await environment.database.execute("insert into tickets.refresh_log (user_id, activity_type) values (1, 1)")
                _ = try await environment.ended(try await environment.tick(.ticketsCacheRefresh))
                let changes = try await environment.database.query(
                    "select pass_uuid || ' ' || change from tickets.cache_log order by pass_uuid", as: String.self)
                #expect(changes == ["b updated", "c added"])
                let timestamps = try await environment.database.query(
                    "select e ->> 'timestamp' from tickets.cache, jsonb_array_elements(passes) e where user_id = 1", as: String.self)
                #expect(timestamps.count == 3)
                #expect(timestamps[0] < timestamps[1])
                #expect(timestamps[1] == timestamps[2])
            }
        }
    }

    @Test("A refresh that is asked for by message happens at once")
    func requested() async throws {
        try await open(users: 2) { environment, stubs in
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                try await environment.publish(TicketsRefreshRequested(userId: 2))
                try await environment.eventually("select count(*) from tickets.cache where user_id = 2", 1)
                try await environment.eventually("select status from tickets.refresh_log where user_id = 2", 1)
                #expect(try await environment.value("select count(*) from tickets.cache where user_id = 1", as: Int.self) == 0)
            }
        }
    }

    @Test("tickets-cache.refresh-stale refreshes users whose cache is older than 60 minutes, and no others")
    func stale() async throws {
        try await open(users: 3) { environment, stubs in
            let now = Date(timeIntervalSince1970: 1_795_000_000)
            environment.clock.set(now)
            try await environment.database.execute("delete from tickets.cache")
            try await environment.database.execute(
                "insert into tickets.cache (user_id, refreshed_at) values (1, $1), (2, $2), (3, $3)", now - 3601, now - 3600, now - 10)
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                let run = try await environment.ended(try await environment.tick(.ticketsCacheRefreshStale))
                #expect(run.processed == 1)
                try await environment.eventually("select user_id from tickets.cache where refreshed_at = $1", 1, [now])
                #expect(try await environment.value("select count(*) from tickets.cache where refreshed_at = $1", as: Int.self, now) == 1)
            }
        }
    }

    @Test("Never more than the configured number of requests in flight")
    func inFlight() async throws {
        try await open(users: 40) { environment, stubs in
            try await stubs.hold("bytemark")
            try await environment.database.execute(
                "insert into tickets.refresh_log (user_id, activity_type) select n, 1 from generate_series(1, 40) n")
            try await environment.with(TicketsCache.self, settings: stubs.settings.merging(["BYTEMARK_IN_FLIGHT": "7"]) { $1 }) { _ in
                let tick = try await environment.tick(.ticketsCacheRefresh)
                try await environment.eventually("as many as are allowed") { try await stubs.maximumInFlight("bytemark") == 7 }
                try await stubs.letGo()
                #expect(try await environment.ended(tick).processed == 40)
                #expect(try await stubs.maximumInFlight("bytemark") == 7)
            }
        }
    }

    @Test("A dry run says how many users it would refresh and asks Bytemark nothing")
    func dryRun() async throws {
        try await open(users: 3) { environment, stubs in
            try await environment.database.execute("insert into tickets.refresh_log (user_id, activity_type) values (1, 1), (1, 1), (2, 1)")
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                let run = try await environment.ended(try await environment.tick(.ticketsCacheRefresh, trigger: .manual, dryRun: true))
                #expect(run.outcome == .succeeded)
                #expect(run.processed == 2)
                #expect(try await stubs.received("bytemark").isEmpty)
                #expect(try await environment.value("select count(*) from tickets.refresh_state", as: Int.self) == 0)
            }
        }
    }
}
