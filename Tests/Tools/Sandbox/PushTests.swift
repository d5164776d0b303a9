import Testing

@testable import Sandbox

@Suite("The push service delivers a key once", .timeLimit(.minutes(30)))
struct PushTests {
    static func notification(user: Int, title: String = "t") -> String {
        #"{"userIds":[\#(user)],"notificationType":75,"title":"\#(title)","body":"b","metadata":{},"language":"en-us","silent":false}"#
    }

    static func send(_ sandbox: RunningSandbox, _ body: String, key: String? = nil) async throws -> Int? {
        try await sandbox.call("POST", "/push/notifications", headers: key.map { ["Idempotency-Key": $0] } ?? [:], body: body)?.status
    }

    @Test("The same key again is answered alike and delivered once; another notification with it is 422")
    func sameKey() async throws {
        try await RunningSandbox.use { sandbox in
            let statuses = try await withThrowingTaskGroup(of: Int?.self) { group in
                for _ in 0..<20 { group.addTask { try await Self.send(sandbox, Self.notification(user: 7), key: "k") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.allSatisfy { $0 == 200 })
            #expect(try await Self.send(sandbox, Self.notification(user: 7, title: "other"), key: "k") == 422)
            let pushes: [JSONValue] = try await sandbox.look("pushes")
            #expect(pushes.count == 1)
            #expect(pushes.first?["userIds"] == .array([.integer(7)]))
            #expect(pushes.first?["idempotencyKey"] == .string("k"))
            let counts = sandbox.world.journals[.push].counts
            #expect((counts.requests, counts.effects, counts.repeated) == (21, 1, 19))
        }
    }

    @Test("Without a key each request is delivered")
    func withoutKey() async throws {
        try await RunningSandbox.use { sandbox in
            for user in [1, 2, 2] { #expect(try await Self.send(sandbox, Self.notification(user: user)) == 200) }
            let all: [JSONValue] = try await sandbox.look("pushes")
            let second: [JSONValue] = try await sandbox.look("pushes?userId=2&since=2")
            #expect((all.count, second.count) == (3, 1))
        }
    }

    @Test(
        "A notification that lacks something is refused",
        arguments: ["", "{}", #"{"userIds":[],"notificationType":75,"title":"t","body":"b","metadata":{},"language":"e","silent":false}"#])
    func refused(body: String) async throws {
        try await RunningSandbox.use { sandbox in
            let status = try await Self.send(sandbox, body, key: "k")
            #expect(status == 400)
            #expect(sandbox.world.journals[.push].counts.effects == 0)
        }
    }

    @Test("A body beyond all measure is refused unread")
    func tooLarge() async throws {
        try await RunningSandbox.use { sandbox in
            let status = try await Self.send(sandbox, String(repeating: " ", count: 5 * 1024 * 1024))
            #expect(status == 413)
            #expect(sandbox.world.journals[.push].counts.requests == 0)
        }
    }
}
