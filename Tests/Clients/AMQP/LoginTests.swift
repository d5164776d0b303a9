import AMQP
import Testing

@Suite("Login", .timeLimit(.minutes(30)))
struct LoginTests {
    private func refusal(_ change: (inout AMQPConfiguration) -> Void) async throws -> AMQPError? {
        var configuration = try Broker.configuration()
        change(&configuration)
        let connection = AMQPConnection(configuration, logger: .silent)
        let waiting = Task { try await connection.connected() }
        let error = await #expect(throws: AMQPError.self) { try await connection.run() }
        await #expect(throws: AMQPError.self) { try await waiting.value }
        return error
    }

    @Test("A wrong password ends run() with an error that names the user and not the password")
    func wrongPassword() async throws {
        let error = try #require(try await refusal { $0.password = "wrong-word" })
        let user = try Broker.configuration().user
        guard case .accessRefused(user, "/", _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(error.description.contains(user))
        #expect(!error.description.contains("wrong-word"))
    }

    @Test("A vhost that is not there ends run() with an error that names it")
    func missingVhost() async throws {
        let error = try #require(try await refusal { $0.vhost = "no-such-vhost" })
        guard case .vhostRefused(_, "no-such-vhost", _) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test("A broker that is not there is tried again and again, with one line in the log, until the task is cancelled")
    func nobodyHome() async throws {
        var configuration = try AMQPConfiguration(url: "amqp://127.0.0.1:1")
        configuration.reconnectDelay = .milliseconds(1)...Duration.milliseconds(5)
        let log = LogRecorder()
        let connection = AMQPConnection(configuration, logger: log.logger)
        let run = Task { try await connection.run() }
        try await eventually("the outage is logged") { log.count("no connection") == 1 }
        await #expect(throws: AMQPError.timeout("there is no connection to the broker")) {
            try await connection.publish([message(to: "q", "patience")], timeout: .milliseconds(200))
        }
        await #expect(throws: CancellationError.self) {
            let asking = Task { try await connection.inspect(queue: "q") }
            asking.cancel()
            _ = try await asking.value
        }
        run.cancel()
        try await run.value
        #expect(log.count("no connection") == 1)
    }
}
