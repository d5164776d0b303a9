import Curl
import FoundationEssentials
import Glibc
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Callers of a service's HTTP server who do not behave")
    struct HTTPConnectionTests {
        @Test("HEAD is answered where GET is, without the content")
        func head() async throws {
            try await FaultFixture.open { fixture in
                let service = try await fixture.startReady("loyalty-notifier")
                for path in ["livez", "readyz", "metrics"] {
                    let answer = try await fixture.ask(service, path, .head)
                    #expect(answer.status == 200)
                    #expect(answer.body.isEmpty)
                }
            }
        }

        @Test("Who says nothing, half a header or nothing more is disconnected")
        func idle() async throws {
            try await FaultFixture.open { fixture in
                let service = try await fixture.startReady("loyalty-notifier")
                let words = ["", "GET /livez HTTP/1.1\r\nHost: box\r\n", "GET /livez HTTP/1.1\r\nHost: box\r\n\r\n"]
                let callers = try words.map { words in
                    let caller = try RawConnection(port: service.port)
                    caller.send(words)
                    return caller
                }
                try await fixture.environment.eventually("all are disconnected") { callers.allSatisfy(\.isClosed) }
            }
        }

        @Test("Of many callers those that were heard of last are kept, and the probe is answered")
        func limit() async throws {
            try await FaultFixture.open { fixture in
                let service = try await fixture.startReady("loyalty-notifier")
                let callers = try (0..<600).map { _ in try RawConnection(port: service.port) }
                #expect(await fixture.isReady(service))
                try await fixture.environment.eventually("the first are disconnected") { callers.count(where: \.isClosed) >= 600 - 256 }
                #expect(callers[0].isClosed)
            }
        }

        @Test("With few files that it may open a service answers its probe, whoever else calls")
        func fewFiles() async throws {
            try await FaultFixture.open { fixture in
                let service = try fixture.start("loyalty-notifier", under: "ulimit -n 64")
                try await fixture.ready(service)
                let callers = try (0..<200).map { _ in try RawConnection(port: service.port) }
                #expect(await fixture.isReady(service))
                try await fixture.environment.publish(Rides.of(1, 1...50))
                try await fixture.environment.eventually("select rides from loyalty.members", 50)
                withExtendedLifetime(callers) {}
            }
        }

        @Test("A service that has run out of files pauses accepting with a warning, instead of trying as fast as it can")
        func noFiles() async throws {
            try await FaultFixture.open { fixture in
                let service = try await fixture.startReady("loyalty-notifier")
                try await service.limitFiles(to: service.openFiles + 3)
                let callers = try (0..<40).map { _ in try RawConnection(port: service.port) }
                try await fixture.environment.eventually("the warning") { service.output.contains("No HTTP connection can be accepted") }
                // Two seconds of a spin are two seconds of a processor.
                let before = service.processorTime
                try await Task.sleep(for: .seconds(2))
                #expect(service.processorTime - before < .seconds(1))
                // Each pause has an idle caller closed, so in the end the probe is answered while others still hold what they have.
                try await fixture.environment.eventually("/readyz is answered") { await fixture.isReady(service) }
                withExtendedLifetime(callers) {}
            }
        }

        @Test("Only this machine is answered, unless HTTP_HOST says otherwise")
        func host() async throws {
            try await FaultFixture.open { fixture in
                let inside = try await fixture.startReady("loyalty-notifier")
                let stubs = try await fixture.startReady("loyalty-notifier", ["HTTP_HOST": "0.0.0.0"])
                await #expect(throws: CurlError.couldNotConnect(host: "127.0.0.2")) { try await fixture.ask(inside, "livez", at: "127.0.0.2") }
                #expect(try await fixture.ask(stubs, "livez", at: "127.0.0.2").status == 200)
            }
        }
    }
}
