import Testing

@testable import Sandbox

@Suite("The gateway verifies payments and refunds once", .timeLimit(.minutes(30)))
struct GatewayTests {
    private static let payments = """
        [{"reference":"R1","status":"success","amount":1000,"currency":"EUR","paid_at":"2026-01-31T08:00:00Z"},
         {"reference":"R2","status":"failed","amount":500,"currency":"EUR"},{"reference":"R/3 é","status":"pending","amount":1,"currency":"USD"}]
        """

    private static func refund(_ sandbox: RunningSandbox, _ body: String, key: String? = "k1") async throws -> Reply {
        let reply = try await sandbox.call("POST", "/gateway/refund", headers: key.map { ["Idempotency-Key": $0] } ?? [:], body: body)
        return try #require(reply)
    }

    @Test("A known payment is told as it is, an unknown one is 404")
    func verify() async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("gateway/transactions", Self.payments)
            let known = try #require(try await sandbox.call("GET", "/gateway/transaction/verify/R1"))
            #expect(known.status == 200)
            let data = try #require(try known.json()["data"])
            #expect(data["status"] == .string("success"))
            #expect(data["amount"] == .integer(1000))
            #expect(data["paid_at"] == .string("2026-01-31T08:00:00Z"))
            #expect(try await sandbox.call("GET", "/gateway/transaction/verify/R%2F3%20%C3%A9")?.status == 200)
            #expect(try await sandbox.call("GET", "/gateway/transaction/verify/R9")?.status == 404)
        }
    }

    @Test("The same key gives the same answer and pays once; another body with it is 422")
    func sameKey() async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("gateway/transactions", Self.payments)
            let first = try await Self.refund(sandbox, #"{"transaction":"R1","amount":400,"currency":"EUR"}"#)
            let again = try await Self.refund(sandbox, #"{"currency":"EUR","transaction":"R1","amount":400}"#)
            let other = try await Self.refund(sandbox, #"{"transaction":"R1","amount":401,"currency":"EUR"}"#)
            #expect(first.status == 200)
            #expect(first.headers["idempotent-replayed"] == nil)
            #expect(again.body == first.body)
            #expect(again.headers["idempotent-replayed"] == "true")
            #expect(other.status == 422)
            let refunds: [JSONValue] = try await sandbox.look("refunds")
            #expect(refunds.count == 1)
            #expect(refunds.first?["idempotencyKey"] == .string("k1"))
            let counts = sandbox.world.journals[.gateway].counts
            #expect((counts.effects, counts.repeated, counts.requests) == (1, 1, 3))
        }
    }

    @Test("No more is paid back than was paid, over several refunds")
    func notMoreThanPaid() async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("gateway/transactions", Self.payments)
            #expect(try await Self.refund(sandbox, #"{"transaction":"R1","amount":600,"currency":"EUR"}"#, key: "a").status == 200)
            #expect(try await Self.refund(sandbox, #"{"transaction":"R1","amount":401,"currency":"EUR"}"#, key: "b").status == 400)
            #expect(try await Self.refund(sandbox, #"{"transaction":"R1","amount":400,"currency":"EUR"}"#, key: "b").status == 200)
            #expect(try await Self.refund(sandbox, #"{"transaction":"R1","amount":1,"currency":"EUR"}"#, key: "c").status == 400)
        }
    }

    @Test(
        "A refund that cannot be is refused",
        arguments: [
            (#"{"transaction":"R9","amount":1,"currency":"EUR"}"#, "k", 404),
            (#"{"transaction":"R2","amount":1,"currency":"EUR"}"#, "k", 400),
            (#"{"transaction":"R1","amount":1,"currency":"USD"}"#, "k", 400),
            (#"{"transaction":"R1","amount":0,"currency":"EUR"}"#, "k", 400),
            (#"{"transaction":"R1","amount":1,"currency":"EUR"}"#, nil, 400),
            (#"{"transaction":"R1"}"#, "k", 400),
        ] as [(String, String?, Int)])
    func refused(body: String, key: String?, status: Int) async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("gateway/transactions", Self.payments)
            #expect(try await Self.refund(sandbox, body, key: key).status == status)
            #expect(sandbox.world.gateway.refunds(since: 0, limit: nil).isEmpty)
        }
    }

    @Test("With a key set, other bearer tokens are refused")
    func bearer() async throws {
        var settings = Settings()
        settings.gatewayKey = "secret"
        try await RunningSandbox.use(settings) { sandbox in
            try await sandbox.order("gateway/transactions", Self.payments)
            let path = "/gateway/transaction/verify/R1"
            #expect(try await sandbox.call("GET", path)?.status == 401)
            #expect(try await sandbox.call("GET", path, headers: ["Authorization": "Bearer secret"])?.status == 200)
        }
    }
}
