import Testing

@testable import Sandbox

@Suite("Bytemark hands out the passes behind a token", .timeLimit(.minutes(30)))
struct BytemarkTests {
    private static func bearer(_ token: String) -> [String: String] { ["Authorization": "Bearer \(token)"] }

    private static func uuids(_ sandbox: RunningSandbox, _ token: String, _ path: String) async throws -> [String]? {
        guard let reply = try await sandbox.call("GET", "/bytemark/\(path)", headers: bearer(token)), reply.status == 200,
            case .array(let passes) = try reply.json()
        else { return nil }
        return passes.compactMap { $0["uuid"]?.text }
    }

    @Test("Given passes come in their order, the expired ones from the second endpoint")
    func givenPasses() async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order(
                "bytemark/tokens",
                """
                [{"token":"a","passes":[{"uuid":"1","status":"ACTIVE"},{"uuid":"2","status":"EXPIRED"},{"uuid":"3","status":"UNUSED","extra":[1,2.5]}]},
                 {"token":"b","passes":[]}]
                """)
            #expect(try await Self.uuids(sandbox, "a", "passes?limit=9999&page=1") == ["1", "3"])
            #expect(try await Self.uuids(sandbox, "a", "v4.0/passes?status=EXPIRED&limit=9999&page=1") == ["2"])
            #expect(try await Self.uuids(sandbox, "a", "v4.0/passes") == ["1", "2", "3"])
            #expect(try await Self.uuids(sandbox, "b", "passes") == [])
            let whole = try await sandbox.call("GET", "/bytemark/v4.0/passes?status=unused", headers: Self.bearer("a"))
            #expect(whole?.body == #"[{"extra":[1,2.5],"status":"UNUSED","uuid":"3"}]"#)
        }
    }

    @Test("Pages tile: no pass is missing, none comes twice, and the one after the last is empty")
    func pages() async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("bytemark/tokens", #"{"generate":{"tokens":10,"prefix":"u","passesPerUser":25,"seed":3}}"#)
            let all = try #require(try await Self.uuids(sandbox, "u7", "v4.0/passes"))
            var paged: [String] = []
            for page in 1...5 { paged += try #require(try await Self.uuids(sandbox, "u7", "v4.0/passes?limit=6&page=\(page)")) }
            #expect(paged == all)
            #expect(Set(all).count == 25)
            #expect(try await Self.uuids(sandbox, "u7", "v4.0/passes?limit=6&page=6") == [])
            let usable = try #require(try await Self.uuids(sandbox, "u7", "passes"))
            let expired = try #require(try await Self.uuids(sandbox, "u7", "v4.0/passes?status=EXPIRED"))
            #expect(Set(usable).union(expired) == Set(all))
            #expect(usable.count + expired.count == 25)
        }
    }

    @Test("A seed always gives the same passes, another seed others, each user's their own")
    func seeds() async throws {
        try await RunningSandbox.use { sandbox in
            func passes(seed: Int, _ token: String) async throws -> String {
                try await sandbox.order("bytemark/tokens", #"{"generate":{"tokens":10,"seed":\#(seed)}}"#)
                return try #require(try await sandbox.call("GET", "/bytemark/v4.0/passes", headers: Self.bearer(token))).body
            }
            let first = try await passes(seed: 1, "token-1")
            #expect(try await passes(seed: 2, "token-1") != first)
            #expect(try await passes(seed: 1, "token-2") != first)
            #expect(try await passes(seed: 1, "token-1") == first)
        }
    }

    @Test("A void, unknown or missing token is refused with 401", arguments: ["token-5", "token-0", "token-11", "token-01", "other", ""])
    func refusedTokens(token: String) async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("bytemark/tokens", #"{"generate":{"tokens":10},"tokens":[{"token":"token-5","voidToken":true}]}"#)
            #expect(try await sandbox.call("GET", "/bytemark/passes", headers: Self.bearer(token))?.status == 401)
            #expect(try await sandbox.call("GET", "/bytemark/passes", headers: Self.bearer("token-6"))?.status == 200)
        }
    }

    @Test("A token that is valid again has its passes again")
    func validAgain() async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("bytemark/tokens", #"[{"token":"a","passes":[{"uuid":"1","status":"ACTIVE"}],"voidToken":true}]"#)
            #expect(try await Self.uuids(sandbox, "a", "passes") == nil)
            try await sandbox.order("bytemark/tokens", #"[{"token":"a","voidToken":false}]"#)
            #expect(try await Self.uuids(sandbox, "a", "passes") == ["1"])
        }
    }

    @Test("A page or limit that is no number of at least 1 is refused", arguments: ["limit=0", "page=0", "page=x", "limit=-1"])
    func badPage(query: String) async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("bytemark/tokens", #"{"generate":{"tokens":1}}"#)
            #expect(try await sandbox.call("GET", "/bytemark/passes?\(query)", headers: Self.bearer("token-1"))?.status == 400)
        }
    }
}
