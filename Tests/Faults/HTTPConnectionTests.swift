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
            try await Scene.open { scene in
                let service = try await scene.startReady("loyalty-notifier")
                for path in ["livez", "readyz", "metrics"] {
                    let answer = try await scene.ask(service, path, .head)
                    #expect(answer.status == 200)
                    #expect(answer.body.isEmpty)
                }
            }
        }

        @Test("Who says nothing, half a header or nothing more is disconnected")
        func idle() async throws {
            try await Scene.open { scene in
                let service = try await scene.startReady("loyalty-notifier")
                let words = ["", "GET /livez HTTP/1.1\r\nHost: box\r\n", "GET /livez HTTP/1.1\r\nHost: box\r\n\r\n"]
                let callers = try words.map { words in
                    let caller = try RawConnection(port: service.port)
                    caller.send(words)
                    return caller
                }
                try await scene.house.eventually("all are disconnected") { callers.allSatisfy(\.isClosed) }
            }
        }

        @Test("Of many callers those that were heard of last are kept, and the probe is answered")
        func limit() async throws {
            try await Scene.open { scene in
                let service = try await scene.startReady("loyalty-notifier")
                let callers = try (0..<600).map { _ in try RawConnection(port: service.port) }
                #expect(await scene.isReady(service))
                try await scene.house.eventually("the first are disconnected") { callers.count(where: \.isClosed) >= 600 - 256 }
                #expect(callers[0].isClosed)
            }
        }

        @Test("With few files that it may open a service answers its probe, whoever else calls")
        func fewFiles() async throws {
            try await Scene.open { scene in
                let service = try scene.start("loyalty-notifier", under: "ulimit -n 64")
                try await scene.ready(service)
                let callers = try (0..<200).map { _ in try RawConnection(port: service.port) }
                #expect(await scene.isReady(service))
                try await scene.house.publish(Rides.of(1, 1...50))
                try await scene.house.eventually("select rides from loyalty.members", 50)
                withExtendedLifetime(callers) {}
            }
        }

        @Test("A service that has run out of files pauses accepting with a warning, instead of trying as fast as it can")
        func noFiles() async throws {
            try await Scene.open { scene in
                let service = try await scene.startReady("loyalty-notifier")
                try await service.limitFiles(to: service.openFiles + 3)
                let callers = try (0..<40).map { _ in try RawConnection(port: service.port) }
                try await scene.house.eventually("the warning") { service.output.contains("No HTTP connection can be accepted") }
                // Two seconds of a spin are two seconds of a processor.
                let before = service.processorTime
                try await Task.sleep(for: .seconds(2))
                #expect(service.processorTime - before < .seconds(1))
                // Each pause has an idle caller closed, so in the end the probe is answered while others still hold what they have.
                try await scene.house.eventually("/readyz is answered") { await scene.isReady(service) }
                withExtendedLifetime(callers) {}
            }
        }

        @Test("Only this machine is answered, unless HTTP_HOST says otherwise")
        func host() async throws {
            try await Scene.open { scene in
                let inside = try await scene.startReady("loyalty-notifier")
                let outside = try await scene.startReady("loyalty-notifier", ["HTTP_HOST": "0.0.0.0"])
                await #expect(throws: CurlError.couldNotConnect(host: "127.0.0.2")) { try await scene.ask(inside, "livez", at: "127.0.0.2") }
                #expect(try await scene.ask(outside, "livez", at: "127.0.0.2").status == 200)
            }
        }
    }
}
