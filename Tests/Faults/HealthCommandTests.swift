import FoundationEssentials
import Glibc
import Support
import Testing

extension FaultTests {
    @Suite("A service's own health check")
    struct HealthCommandTests {
        @Test("`health` succeeds beside a living service, and fails within its time beside one that stands still or is not there")
        func health() async throws {
            try await FaultFixture.open { fixture in
                let service = try await fixture.startReady("loyalty-notifier")
                let settings = ["HTTP_PORT": "\(service.port)"]
                func ask() throws -> ServiceProcess { try fixture.run("loyalty-notifier", ["health"], settings) }
                let first = try ask()
                #expect(try await first.ended() == .exited(0), "\(first.output)")
                service.signal(SIGSTOP)
                let second = try ask()
                #expect(try await second.ended(within: .seconds(20)) != .exited(0))
                service.signal(SIGCONT)
                #expect(try await ask().ended() == .exited(0))
                service.signal(SIGTERM)
                try await service.ended()
                let third = try ask()
                #expect(try await third.ended() == .exited(1))
                #expect(third.output.contains("nobody answers at 127.0.0.1:\(service.port)"))
            }
        }

        @Test("`health` is about the process, not about the database: it stays well while that is away")
        func outage() async throws {
            try await FaultFixture.open { fixture in
                let service = try await fixture.startReady("loyalty-notifier")
                try await fixture.servers.kill(.database)
                try await fixture.environment.eventually("the service is not ready") { await !fixture.isReady(service) }
                let answer = try fixture.run("loyalty-notifier", ["health"], ["HTTP_PORT": "\(service.port)"])
                #expect(try await answer.ended() == .exited(0), "\(answer.output)")
                try await fixture.servers.start(.database)
                try await fixture.ready(service)
            }
        }
    }
}
