import Testing

@testable import Sandbox

@Suite("The control API arranges and tells", .timeLimit(.minutes(30)))
struct ControlTests {
    @Test("Health tells the ports that were really taken")
    func health() async throws {
        try await RunningSandbox.use { sandbox in
            let health: JSONValue = try await sandbox.look("health")
            #expect(health["status"] == .string("ok"))
            #expect(health["httpPort"] == .integer(Int64(sandbox.http)))
            #expect(health["smtpPort"] == .integer(Int64(sandbox.smtp)))
        }
    }

    @Test("A latency holds for a thousand requests at once, each of them, side by side")
    func latency() async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("bytemark/tokens", #"{"generate":{"tokens":1000,"passesPerUser":1}}"#)
            try await sandbox.order("latency", #"{"part":"bytemark","ms":300}"#)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for user in 1...1000 {
                    group.addTask {
                        let reply = try await sandbox.call("GET", "/bytemark/passes", headers: ["Authorization": "Bearer token-\(user)"])
                        #expect(reply?.status == 200)
                    }
                }
                try await group.waitForAll()
            }
            let received: [JSONValue] = try await sandbox.look("received?part=bytemark")
            let quickest = received.compactMap { entry -> Double? in
                switch entry["milliseconds"] {
                case .number(let value): value
                case .integer(let value): Double(value)
                default: nil
                }
            }.min()
            #expect(try #require(quickest) >= 300)
            // One after the other would have at most one under way.
            #expect(sandbox.world.journals[.bytemark].counts.maxInFlight > 50)
        }
    }

    @Test("Received requests are told with method, path, token, headers and body, from a number on")
    func received() async throws {
        try await RunningSandbox.use { sandbox in
            let body = PushTests.notification(user: 1)
            let headers = ["Idempotency-Key": "k", "traceparent": "00-a-b-01", "Authorization": "Bearer t"]
            for _ in 0..<3 { _ = try await sandbox.call("POST", "/push/notifications?x=1", headers: headers, body: body) }
            let rest: [JSONValue] = try await sandbox.look("received?part=push&since=1&limit=1")
            #expect(rest.count == 1)
            let second = try #require(rest.first)
            #expect(second["id"] == .integer(2))
            #expect(second["method"] == .string("POST"))
            #expect(second["path"] == .string("/push/notifications?x=1"))
            #expect(second["token"] == .string("t"))
            #expect(second["body"] == .string(body))
            #expect(second["status"] == .integer(200))
            #expect(second["headers"]?["idempotency-key"] == .string("k"))
            #expect(second["headers"]?["traceparent"] == .string("00-a-b-01"))

            let removed = try await sandbox.call("DELETE", "/_sandbox/received?part=push")
            #expect(removed?.status == 200)
            _ = try await sandbox.call("POST", "/push/notifications", headers: headers, body: body)
            let after: [JSONValue] = try await sandbox.look("received")
            #expect(after.map { $0["id"] } == [.integer(4)])
        }
    }

    @Test("Reset clears the named parts and no others")
    func reset() async throws {
        try await RunningSandbox.use { sandbox in
            try await sandbox.order("bytemark/tokens", #"[{"token":"a","passes":[]}]"#)
            try await sandbox.order("gateway/transactions", #"[{"reference":"R","status":"success","amount":1,"currency":"EUR"}]"#)
            try await sandbox.order("faults", #"{"part":"push","action":{"status":500}}"#)
            try await sandbox.order("faults", #"{"part":"bytemark","action":{"status":500}}"#)
            _ = try await PushTests.send(sandbox, PushTests.notification(user: 1))
            try await sandbox.order("reset", #"{"parts":["push","gateway"]}"#)
            #expect(sandbox.world.bytemark.tokenCount == 1)
            #expect(sandbox.world.faults.reports.map(\.fault.part) == [.bytemark])
            #expect(sandbox.world.journals[.push].counts.requests == 0)
            let verified = try await sandbox.call("GET", "/gateway/transaction/verify/R")
            #expect(verified?.status == 404)
            try await sandbox.order("reset")
            #expect(sandbox.world.bytemark.tokenCount == 0)
            #expect(sandbox.world.faults.reports.isEmpty)
        }
    }

    @Test("Counts tell requests, effects and answers of each part")
    func counts() async throws {
        try await RunningSandbox.use { sandbox in
            for key in ["a", "a", "b"] { _ = try await PushTests.send(sandbox, PushTests.notification(user: 1), key: key) }
            _ = try await sandbox.call("GET", "/bytemark/passes")
            let counts: JSONValue = try await sandbox.look("counts")
            let push = try #require(counts["push"])
            #expect(push["requests"] == .integer(3))
            #expect(push["effects"] == .integer(2))
            #expect(push["repeated"] == .integer(1))
            #expect(push["inFlight"] == .integer(0))
            #expect(push["maxInFlight"] == .integer(1))
            #expect(push["statuses"]?["200"] == .integer(3))
            #expect(counts["bytemark"]?["statuses"]?["401"] == .integer(1))
            #expect(counts["smtp"]?["requests"] == .integer(0))
        }
    }

    @Test("Only the last requests are kept, counts go on")
    func bounded() async throws {
        var settings = Settings()
        settings.keep = 3
        try await RunningSandbox.use(settings) { sandbox in
            for user in 1...5 { _ = try await PushTests.send(sandbox, PushTests.notification(user: user), key: "\(user)") }
            let received: [JSONValue] = try await sandbox.look("received?part=push")
            let pushes: [JSONValue] = try await sandbox.look("pushes")
            #expect(received.map { $0["id"] } == [.integer(3), .integer(4), .integer(5)])
            #expect(pushes.map { $0["id"] } == [.integer(3), .integer(4), .integer(5)])
            #expect(sandbox.world.journals[.push].counts.effects == 5)
        }
    }

    @Test(
        "An order that cannot be read is refused with the reason, an unknown path is 404",
        arguments: [
            ("POST", "latency", #"{"part":"push","ms":-1}"#, 400), ("POST", "latency", "", 400), ("POST", "reset", "{", 400),
            ("POST", "bytemark/tokens", #"[{"passes":[]}]"#, 400), ("POST", "gateway/transactions", #"[{"reference":"R"}]"#, 400),
            ("GET", "received?part=nowhere", "", 400), ("GET", "pushes?limit=x", "", 400), ("GET", "nowhere", "", 404),
            ("DELETE", "faults/7", "", 404),
        ])
    func refused(method: String, path: String, body: String, status: Int) async throws {
        try await RunningSandbox.use { sandbox in
            let reply = try await sandbox.call(method, "/_sandbox/\(path)", body: body)
            #expect(reply?.status == status)
        }
    }
}
