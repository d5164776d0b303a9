import FoundationEssentials
import Logging
import ServiceLifecycle

@testable import Sandbox

/// A sandbox on free ports, for the time of one test.
struct RunningSandbox: Sendable {
    let world: SandboxState
    let http: Int
    let smtp: Int

    /// Starts one, gives it to the test and stops it gracefully.
    static func use(_ settings: Settings = Settings(), _ test: @Sendable (RunningSandbox) async throws -> Void) async throws {
        let world = SandboxState(settings)
        var logger = Logger(label: "sandbox")
        logger.logLevel = .critical
        let services = try SandboxServices(settings, world: world, logger: logger)
        let group = ServiceGroup(configuration: .init(services: services.all, logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await eventually("both servers listen") { world.ports.http != 0 && world.ports.smtp != 0 }
            do {
                try await test(RunningSandbox(world: world, http: world.ports.http, smtp: world.ports.smtp))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// One request on a connection of its own; nil when the connection was cut before a whole status line and headers came.
    func call(_ method: String, _ path: String, headers: [String: String] = [:], body: String = "") async throws -> Reply? {
        var request = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n"
        for (name, value) in headers { request += "\(name): \(value)\r\n" }
        return Reply(try await Wire.exchange(port: http, request + "\r\n" + body))
    }

    /// An order to the control API that must be taken.
    @discardableResult
    func order(_ path: String, _ body: String = "") async throws -> JSONValue {
        let reply = try await call("POST", "/_sandbox/\(path)", body: body)
        guard let reply, (200...201).contains(reply.status) else { throw Refused(reply: reply) }
        return try reply.json()
    }

    /// What the control API tells at a path.
    func look<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) async throws -> Value {
        guard let reply = try await call("GET", "/_sandbox/\(path)"), reply.status == 200 else { throw Refused(reply: nil) }
        return try JSONDecoder().decode(type, from: Data(reply.body.utf8))
    }

    /// The control API said no.
    struct Refused: Error {
        let reply: Reply?
    }
}

/// Waits until something holds; the limit is for hangs only.
func eventually(_ what: String, _ holds: @Sendable () async throws -> Bool) async throws {
    let limit = ContinuousClock.now + .seconds(30)
    while try await !holds() {
        guard ContinuousClock.now < limit else { throw TimedOut(what: what) }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// Something that was waited for did not come.
struct TimedOut: Error {
    let what: String
}
