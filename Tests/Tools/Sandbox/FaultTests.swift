import Testing

@testable import Sandbox

@Suite("Faults strike where and as often as ordered", .timeLimit(.minutes(30)))
struct FaultTests {
    private static func passes(_ sandbox: RunningSandbox, token: String = "token-1", path: String = "/bytemark/passes") async throws -> Reply? {
        try await sandbox.call("GET", path, headers: ["Authorization": "Bearer \(token)"])
    }

    private static func arranged(_ faults: String..., test: @escaping @Sendable (RunningSandbox) async throws -> Void) async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("bytemark/tokens", #"{"generate":{"tokens":10}}"#)
            for fault in faults { try await sandbox.order("faults", fault) }
            try await test(sandbox)
        }
    }

    @Test("A status comes with its Retry-After, as often as ordered, after those that pass")
    func statusAfterAndTimes() async throws {
        try await Self.arranged(#"{"part":"bytemark","after":1,"times":2,"action":{"status":503,"retryAfter":2}}"#) { sandbox in
            var replies: [Reply] = []
            for _ in 0..<4 { replies.append(try #require(try await Self.passes(sandbox))) }
            #expect(replies.map(\.status) == [200, 503, 503, 200])
            #expect(replies.map { $0.headers["retry-after"] } == [nil, "2", "2", nil])
            let report: [JSONValue] = try await sandbox.look("faults")
            #expect(report.first?["applied"] == .integer(2))
            #expect(report.first?["matched"] == .integer(3))
        }
    }

    @Test(
        "Only what matches is struck",
        arguments: [
            #"{"token":"token-2"}"#, #"{"path":"/bytemark/v4.0/*"}"#, #"{"token":"token-*","path":"*/v4.0/passes"}"#,
        ])
    func matching(match: String) async throws {
        try await Self.arranged(#"{"part":"bytemark","match":\#(match),"action":{"status":500}}"#) { sandbox in
            let spared = try await Self.passes(sandbox)
            let struck = try await Self.passes(sandbox, token: "token-2", path: "/bytemark/v4.0/passes")
            #expect((spared?.status, struck?.status) == (200, 500))
        }
    }

    @Test("A void token is 401 while the fault stands")
    func void() async throws {
        try await Self.arranged(#"{"part":"bytemark","match":{"token":"token-3"},"action":{"void":true}}"#) { sandbox in
            let struck = try await Self.passes(sandbox, token: "token-3")
            #expect(struck?.status == 401)
            let removed = try await sandbox.call("DELETE", "/_sandbox/faults/1")
            #expect(removed?.status == 200)
            let spared = try await Self.passes(sandbox, token: "token-3")
            #expect(spared?.status == 200)
        }
    }

    @Test("A connection is cut before the answer, after its headers, or in its body")
    func cuts() async throws {
        try await Self.arranged(
            #"{"part":"bytemark","times":1,"action":{"cut":"before"}}"#, #"{"part":"bytemark","times":1,"action":{"cut":"headers"}}"#,
            #"{"part":"bytemark","times":1,"action":{"cut":"body"}}"#
        ) { sandbox in
            let before = try await Self.passes(sandbox)
            #expect(before == nil)
            let headers = try #require(try await Self.passes(sandbox))
            #expect((headers.status, headers.body, headers.isWhole) == (200, "", false))
            let body = try #require(try await Self.passes(sandbox))
            #expect(body.status == 200 && !body.body.isEmpty && !body.isWhole)
            let whole = try #require(try await Self.passes(sandbox))
            #expect(whole.isWhole && whole.body.hasPrefix(body.body))
            let received: [JSONValue] = try await sandbox.look("received?part=bytemark")
            #expect(received.map { $0["status"] } == [nil, nil, nil, .integer(200)])
            #expect(received.map { $0["fault"] } == [.integer(1), .integer(2), .integer(3), nil])
        }
    }

    @Test("A cut before the effect leaves none; a cut after it leaves one, and the same key again makes no second")
    func effects() async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("faults", #"{"part":"push","times":1,"match":{"userId":7},"action":{"cut":"before"}}"#)
            try await sandbox.order("faults", #"{"part":"push","times":1,"match":{"userId":7},"action":{"cut":"after-effect"}}"#)
            let unharmed = try await PushTests.send(sandbox, PushTests.notification(user: 8), key: "other")
            #expect(unharmed == 200)
            let before = try await PushTests.send(sandbox, PushTests.notification(user: 7), key: "k")
            #expect(before == nil)
            #expect(sandbox.world.push.delivered(since: 0, limit: nil, userId: 7).isEmpty)
            let after = try await PushTests.send(sandbox, PushTests.notification(user: 7), key: "k")
            #expect(after == nil)
            #expect(sandbox.world.push.delivered(since: 0, limit: nil, userId: 7).count == 1)
            let again = try await PushTests.send(sandbox, PushTests.notification(user: 7), key: "k")
            #expect(again == 200)
            #expect(sandbox.world.push.delivered(since: 0, limit: nil, userId: 7).count == 1)
        }
    }

    @Test("A refund is struck by the reference it names")
    func reference() async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("gateway/transactions", #"[{"reference":"R1","status":"success","amount":5,"currency":"EUR"}]"#)
            try await sandbox.order(
                "faults", #"{"part":"gateway","times":1,"match":{"reference":"R1","path":"/gateway/refund"},"action":{"cut":"after-effect"}}"#)
            let verified = try await sandbox.call("GET", "/gateway/transaction/verify/R1")
            #expect(verified?.status == 200)
            let body = #"{"transaction":"R1","amount":5,"currency":"EUR"}"#
            let cut = try await sandbox.call("POST", "/gateway/refund", headers: ["Idempotency-Key": "k"], body: body)
            #expect(cut == nil)
            let again = try await sandbox.call("POST", "/gateway/refund", headers: ["Idempotency-Key": "k"], body: body)
            #expect(again?.status == 200)
            #expect(sandbox.world.gateway.refunds(since: 0, limit: nil).count == 1)
        }
    }

    @Test("A hanging request ends when its fault is deleted")
    func hangUntilDeleted() async throws {
        try await Self.arranged(#"{"part":"bytemark","action":{"hang":true}}"#) { sandbox in
            async let hanging = Self.passes(sandbox)
            try await eventually("the request hangs") { sandbox.world.faults.reports.first?.applied == 1 }
            try await sandbox.call("DELETE", "/_sandbox/faults").map { #expect($0.status == 200) }
            let reply = try await hanging
            #expect(reply == nil)
            #expect(sandbox.world.journals[.bytemark].counts.statuses.isEmpty)
        }
    }

    @Test("A hanging request ends when its caller leaves")
    func hangUntilCallerLeaves() async throws {
        try await Self.arranged(#"{"part":"bytemark","action":{"hang":true}}"#) { sandbox in
            try await Wire.talk(port: sandbox.http) { wire in
                try await wire.send("GET /bytemark/passes HTTP/1.1\r\nHost: x\r\n\r\n")
                try await eventually("the request is under way") { sandbox.world.journals[.bytemark].counts.inFlight == 1 }
            }
            try await eventually("the request is over") { sandbox.world.journals[.bytemark].counts.inFlight == 0 }
        }
    }

    @Test("A graceful end does not wait for what hangs")
    func hangAtTheEnd() async throws {
        try await Self.arranged(#"{"part":"bytemark","action":{"hang":true}}"#, #"{"part":"push","action":{"delayMs":3600000}}"#) { sandbox in
            Task { try await Self.passes(sandbox) }
            Task { try await PushTests.send(sandbox, PushTests.notification(user: 1)) }
            try await eventually("both are under way") {
                sandbox.world.journals[.bytemark].counts.inFlight == 1 && sandbox.world.journals[.push].counts.inFlight == 1
            }
        }
    }

    @Test("A delay ends when its fault is deleted, and the request goes on")
    func delayUntilDeleted() async throws {
        try await Self.arranged(#"{"part":"bytemark","action":{"delayMs":3600000}}"#) { sandbox in
            async let delayed = Self.passes(sandbox)
            try await eventually("the request waits") { sandbox.world.journals[.bytemark].counts.inFlight == 1 }
            try await sandbox.call("DELETE", "/_sandbox/faults").map { #expect($0.status == 200) }
            let reply = try await delayed
            #expect(reply?.status == 200)
        }
    }

    @Test("A delay holds back the answer and combines with a status")
    func delay() async throws {
        try await Self.arranged(#"{"part":"bytemark","action":{"delayMs":80,"status":429,"retryAfter":"Sat, 21 Nov 2026 08:00:00 GMT"}}"#) {
            sandbox in
            let start = ContinuousClock.now
            let reply = try await Self.passes(sandbox)
            #expect(ContinuousClock.now - start >= .milliseconds(80))
            #expect(reply?.status == 429)
            #expect(reply?.headers["retry-after"] == "Sat, 21 Nov 2026 08:00:00 GMT")
        }
    }

    @Test(
        "A fault that makes no sense is refused with the reason",
        arguments: [
            (#"{"part":"bytemark","action":{}}"#, "action needs"),
            (#"{"part":"bytemark","action":{"status":503,"hang":true}}"#, "action takes one"),
            (#"{"part":"bytemark","action":{"status":99}}"#, "action.status"),
            (#"{"part":"bytemark","times":0,"action":{"status":500}}"#, "times"),
            (#"{"part":"bytemark","after":-1,"action":{"status":500}}"#, "after"),
            (#"{"part":"bytemark","action":{"delayMs":-5}}"#, "action.delayMs"),
            (#"{"part":"push","action":{"smtpReply":"451 x"}}"#, "action.smtpReply"),
            (#"{"part":"smtp","action":{"smtpReply":"soon"}}"#, "action.smtpReply"),
            (#"{"part":"smtp","action":{"status":503}}"#, "part smtp"),
            (#"{"part":"nowhere","action":{"status":503}}"#, "nowhere"),
        ])
    func refused(order: String, reason: String) async throws {
        try await RunningSandbox.use { sandbox in
            let reply = try #require(try await sandbox.call("POST", "/_sandbox/faults", body: order))
            #expect(reply.status == 400)
            #expect(reply.body.contains(reason))
            #expect(sandbox.world.faults.reports.isEmpty)
        }
    }
}
