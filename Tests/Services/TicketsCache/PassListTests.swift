import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import TicketsCache

@Suite("Bytemark's lists are bounded, and have one entry a pass")
struct PassListTests {
    /// A house where users 1…n have tokens and all want a refresh.
    private func open(users: Int, _ body: @Sendable (TestEnvironment, StubServices) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.database.execute(
                    "insert into tickets.bytemark_tokens (user_id, token) select n, 'token-' || n from generate_series(1, $1::int) n", users)
                try await environment.database.execute("insert into tickets.cache (user_id, refreshed_at) values (999, now())")
                try await environment.database.execute(
                    "insert into tickets.refresh_log (user_id, activity_type) select n, 1 from generate_series(1, $1::int) n", users)
                try await body(environment, stubs)
            }
        }
    }

    private func generate(_ stubs: StubServices, users: Int, passes: Int) async throws {
        let order = #"{"generate":{"tokens":\#(users),"prefix":"token-","passesPerUser":\#(passes),"seed":1}}"#
        try await stubs.order("bytemark/tokens", order)
    }

    @Test("A list whose pages are always the same and full ends with a reason, and costs its user alone")
    func ignoredPage() async throws {
        try await open(users: 20) { environment, stubs in
            // Two thirds have not expired: more than one page.
            try await generate(stubs, users: 1, passes: 16_000)
            try await stubs.order("bytemark/tokens", #"[{"token":"token-1","ignoresPage":true}]"#)
            for user in 2...20 { try await stubs.passes(of: user, #"[{"uuid":"p"}]"#) }
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                let run = try await environment.ended(try await environment.tick(.ticketsCacheRefresh))
                #expect(run.outcome == .partial)
                #expect(run.processed == 19)
                #expect(run.failed == 1)
                #expect(run.details.contains("page 2 of Bytemark's usable passes"), "\(run.details)")
                let pending = try await environment.database.query("select user_id from tickets.refresh_log where status = 0", as: Int.self)
                #expect(pending == [1])
                #expect(try await environment.value("select failures from tickets.refresh_state where user_id = 1", as: Int.self) == 1)
                // Once in little room, both lists at once; then two pages in the full share.
                #expect(try await stubs.received("bytemark").filter { $0.token == "token-1" }.count <= 4)
            }
        }
    }

    @Test("A user with more bytes of passes than a user may have fails with a reason, the others are refreshed")
    func tooLong() async throws {
        try await open(users: 5) { environment, stubs in
            try await generate(stubs, users: 5, passes: 10)
            let pass = { (n: Int) in #"{"uuid":"\#(n)","note":"\#(String(repeating: "x", count: 1000))"}"# }
            try await stubs.passes(of: 1, "[" + (1...1100).map(pass).joined(separator: ",") + "]")
            try await environment.with(TicketsCache.self, settings: stubs.settings.merging(["BYTEMARK_MEGABYTES": "4"]) { $1 }) { _ in
                let run = try await environment.ended(try await environment.tick(.ticketsCacheRefresh))
                #expect(run.processed == 4)
                #expect(run.failed == 1)
                #expect(run.details.contains("more than 1048576 bytes of passes for one user"), "\(run.details)")
            }
        }
    }

    @Test("Many users with many passes wait for each other's room, and all of them are refreshed")
    func manyPasses() async throws {
        try await open(users: 24) { environment, stubs in
            try await generate(stubs, users: 24, passes: 2000)
            try await environment.with(TicketsCache.self, settings: stubs.settings.merging(["BYTEMARK_MEGABYTES": "4"]) { $1 }) { _ in
                let run = try await environment.ended(try await environment.tick(.ticketsCacheRefresh))
                #expect(run.outcome == .succeeded, "\(run.details)")
                #expect(run.processed == 24)
                let entries = try await environment.value(
                    "select sum(jsonb_array_length(passes) + jsonb_array_length(passes4))::int from tickets.cache", as: Int.self)
                #expect(entries == 24 * 2000)
            }
        }
    }

    @Test("A pass that comes twice has one entry, the last that came, and is no change in the next refresh")
    func twice() async throws {
        try await open(users: 1) { environment, stubs in
            func passes(_ other: String) -> String {
                #"""
                [{"uuid":"d","status":"OLD"},{"uuid":"\#(other)"},{"uuid":"d","status":"NEW"},
                 {"uuid":"e","status":"USING"},{"uuid":"e","status":"EXPIRED"}]
                """#
            }
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                for other in ["x", "y"] {
                    try await stubs.passes(of: 1, passes(other))
                    try await environment.database.execute("insert into tickets.refresh_log (user_id, activity_type) values (1, 1)")
                    _ = try await environment.ended(try await environment.tick(.ticketsCacheRefresh, trigger: .manual))
                }
                let entries = try await environment.database.query(
                    """
                    select e ->> 'pass_uuid' || ' ' || coalesce(e ->> 'status', '') from tickets.cache, jsonb_array_elements(passes || passes4) e
                    where user_id = 1 order by 1
                    """, as: String.self)
                #expect(entries == ["d NEW", "e EXPIRED", "y "])
                let changes = try await environment.database.query(
                    "select pass_uuid || ' ' || change from tickets.cache_log order by 1", as: String.self)
                #expect(changes == ["d added", "e added", "x added", "x removed", "y added"])
            }
        }
    }

    @Test("What was fetched with a token that was replaced meanwhile is not recorded; the user is fetched again with the new one")
    func replacedToken() async throws {
        try await open(users: 1) { environment, stubs in
            try await stubs.passes(of: 1, #"[{"uuid":"of the old account"}]"#)
            try await stubs.order("bytemark/tokens", #"[{"token":"new","passes":[{"uuid":"of the new account"}]}]"#)
            try await stubs.hold("bytemark")
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                let tick = try await environment.tick(.ticketsCacheRefresh)
                try await environment.eventually("the fetch is under way") { try await !stubs.received("bytemark").isEmpty }
                try await environment.database.execute("update tickets.bytemark_tokens set token = 'new'")
                try await stubs.letGo()
                let run = try await environment.ended(tick)
                #expect(run.processed == 1)
                let logged = try await environment.database.query("select pass_uuid from tickets.cache_log", as: String.self)
                #expect(logged == ["of the new account"])
            }
        }
    }

    @Test("What was fetched with a token that is gone by then is not written")
    func goneToken() async throws {
        try await open(users: 1) { environment, stubs in
            try await stubs.passes(of: 1, #"[{"uuid":"p"}]"#)
            try await stubs.hold("bytemark")
            try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                let tick = try await environment.tick(.ticketsCacheRefresh)
                try await environment.eventually("the fetch is under way") { try await !stubs.received("bytemark").isEmpty }
                try await environment.database.execute("delete from tickets.bytemark_tokens")
                try await stubs.letGo()
                let run = try await environment.ended(tick)
                #expect(run.processed == 0)
                #expect(run.details.contains("there is no Bytemark token"))
                #expect(try await environment.value("select count(*) from tickets.cache where user_id = 1", as: Int.self) == 0)
                #expect(try await environment.value("select status from tickets.refresh_log", as: Int.self) == 0)
            }
        }
    }

    @Test("Passes are ordered by the instant of their creation, whatever its offset, its fraction or its form")
    func order() throws {
        let created = [
            #""2026-01-01T10:00:00Z""#, #""2026-01-01T11:30:00+02:00""#, #""2026-01-01T10:00:00.500Z""#, "1767261601", #""2026-01-01T10:00:02""#,
            "null", #""yesterday""#,
        ]
        let json = created.enumerated().map { #"{"uuid":"\#($0)","time_created":\#($1)}"# }.joined(separator: ",")
        let passes = try #require(Pass.list(Array("[\(json)]".utf8)))
        for list in [passes, passes.reversed()] {
            #expect(list.sorted(by: Pass.wereCreatedInOrder).map(\.uuid) == ["1", "0", "2", "3", "4", "5", "6"])
        }
    }

    @Test("A budget of bytes is never more than taken up, and is free again when the reservations are gone")
    func budget() async {
        let budget = ByteBudget(10)
        var first: ByteReservation? = await budget.reserve(8)
        let second = Task { await budget.reserve(100) }
        let third = Task { await budget.reserve(1) }
        first?.shrink(to: 3)
        await Task.yield()
        first = nil
        await second.value.shrink(to: 0)
        await third.value.shrink(to: 0)
        _ = await budget.reserve(10)
    }
}
