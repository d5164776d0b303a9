import Contracts
import FoundationEssentials
import Glibc
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("A service and who reads its log")
    struct LogTests {
        @Test("A log that nobody reads stops nothing: lines are dropped and counted, work goes on, SIGTERM ends the service")
        func nobodyReads() async throws {
            try await FaultFixture.open { fixture in
                let environment = fixture.environment
                let pipe = try LogPipe(in: fixture.servers.folder)
                let service = try fixture.start("loyalty-notifier", ["LOG_FORMAT": "json"], log: pipe.path)
                try await fixture.ready(service)
                // Each is parked with a warning.
                var unreadable = 0
                try await environment.eventually("lines are dropped") {
                    for _ in 0..<200 {
                        unreadable += 1
                        let body = #"{"rideId":"\#(String(repeating: "x", count: 2000))"}"#
                        try await environment.publish(raw: body, to: Exchange.events, "ride.completed", id: "unreadable-\(unreadable)")
                    }
                    return try await fixture.dropped(service) > 0
                }
                try await environment.publish(Rides.of(1, 1...50))
                try await environment.eventually("select rides from loyalty.members", 50)
                #expect(await fixture.isReady(service))
                // The reader comes back: it finds whole lines, and one that says how many are missing.
                var text = ""
                try await environment.eventually("the line about the missing ones") {
                    text += pipe.read()
                    return text.contains("Log lines were dropped here")
                }
                for line in text.split(separator: "\n").dropLast(text.hasSuffix("\n") ? 0 : 1) {
                    #expect(throws: Never.self) { try JSONDecoder().decode([String: String].self, from: Data(line.utf8)) }
                }
                // And leaves again.
                let before = try await fixture.dropped(service)
                try await environment.eventually("lines are dropped again") {
                    for _ in 0..<200 {
                        unreadable += 1
                        try await environment.publish(raw: "{}", to: Exchange.events, "ride.completed", id: "unreadable-\(unreadable)")
                    }
                    return try await fixture.dropped(service) > before
                }
                service.signal(SIGTERM)
                #expect(try await service.ended(within: StopTests.patience) == .exited(0))
            }
        }

        @Test("SIGHUP, SIGUSR1 and SIGUSR2 end no service", arguments: [SIGHUP, SIGUSR1, SIGUSR2])
        func harmlessSignals(number: Int32) async throws {
            try await FaultFixture.open { fixture in
                let service = try await fixture.startReady("loyalty-notifier")
                service.signal(number)
                try await fixture.environment.publish(Rides.of(1, 1...50))
                try await fixture.environment.eventually("select rides from loyalty.members", 50)
                service.signal(SIGTERM)
                #expect(try await service.ended(within: StopTests.patience) == .exited(0))
            }
        }
    }
}

/// A named pipe for a log; what is written stays in it until it is read.
private final class LogPipe: Sendable {
    let path: String
    private let descriptor: Int32

    init(in folder: String) throws {
        path = "\(folder)/log-\(UInt32.random(in: 0...UInt32.max))"
        guard mkfifo(path, 0o600) == 0 else { throw ServiceProcess.DidNotStart(program: "mkfifo", code: errno) }
        // Open for both, so that the writer finds a reader and a read without lines is no end.
        descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// What is in it.
    func read() -> String {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        var text: [UInt8] = []
        while case let count = Glibc.read(descriptor, &bytes, bytes.count), count > 0 { text += bytes[..<count] }
        return String(decoding: text, as: UTF8.self)
    }
}
