import Curl
import Foundation
import Logging
import Testing

@Suite("Transfers", .timeLimit(.minutes(30)))
struct TransferTests {
    @Test("Requests one after the other share a connection")
    func keepAlive() async throws {
        try await withServer({ _ in [.answer("200 OK", [], "ok")] }) { client, server in
            for _ in 1...20 { _ = try await client.send(HTTPRequest(url: server.url())) }
            #expect(server.connections == 1 && server.requests.count == 20)
        }
    }

    @Test("64 slow requests at once take the time of one, on 64 connections that serve the next ones too")
    func manyAtOnce() async throws {
        try await withServer({ _ in [.delay(milliseconds: 50), .answer("200 OK", [], "ok")] }) { client, server in
            let answered = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<512 {
                    if number >= 64 { _ = try await group.next() }
                    group.addTask { try await client.send(HTTPRequest(url: server.url("/\(number)"))).status }
                }
                return try await group.reduce(into: 64 * 7) { $0 += $1 == 200 ? 1 : 0 }
            }
            #expect(answered == 512 && server.connections <= 64)
            #expect(Set(server.requests.map(\.path)).count == 512)
        }
    }

    @Test("The limit of connections to a host holds, and what waits for one is served")
    func limitPerHost() async throws {
        let most = Shared(0)
        try await withServer(maximumConnectionsPerHost: 3, { _ in [.delay(milliseconds: 5), .answer()] }) { client, server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...60 {
                    group.addTask {
                        _ = try await client.send(HTTPRequest(url: server.url()))
                        most.update { $0 = max($0, server.openConnections) }
                    }
                }
                try await group.waitForAll()
            }
            #expect((1...3).contains(most.value) && server.requests.count == 60)
        }
    }

    @Test(
        "The time-out is for the whole transfer: a silent server, a slow one and one that never ends",
        arguments: [
            [ScriptedServer.Step.hang], [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .hang],
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")]
                + Array(repeating: [.send("x"), .delay(milliseconds: 50)], count: 600).flatMap { $0 },
        ])
    func timeout(steps: [ScriptedServer.Step]) async throws {
        try await withServer({ $0.path == "/quick" ? [.answer()] : steps }) { client, server in
            var request = HTTPRequest(url: server.url())
            request.timeout = .milliseconds(300)
            let start = ContinuousClock.now
            async let slow = HTTPTests.failure(client, request)
            let quick = try await client.send(HTTPRequest(url: server.url("/quick")))
            #expect(quick.status == 200)
            let error = await slow
            #expect(error == .timedOut && error?.isTransient == true)
            #expect(start.duration(to: .now) >= .milliseconds(300) && start.duration(to: .now) < .seconds(20))
        }
    }

    @Test("The time-out runs while a request waits for a connection")
    func timeoutWaiting() async throws {
        try await withServer(maximumConnectionsPerHost: 1, { _ in [.hang] }) { client, server in
            let blocking = Task { [url = server.url()] in await HTTPTests.failure(client, HTTPRequest(url: url)) }
            #expect(await eventually { server.requests.count == 1 })
            var request = HTTPRequest(url: server.url())
            request.timeout = .milliseconds(200)
            #expect(await HTTPTests.failure(client, request) == .timedOut)
            blocking.cancel()
            #expect(await blocking.value == .cancelled)
        }
    }

    @Test("Cancelling the task ends its transfer and its connection, and no other")
    func cancellation() async throws {
        let gate = Shared(false)
        try await withServer({ request in
            guard request.path == "/other" else { return [.hang] }
            while !gate.value { usleep(1_000) }
            return [.answer("200 OK", [], "whole")]
        }) { client, server in
            let doomed = Task { [url = server.url("/doomed")] in await HTTPTests.failure(client, HTTPRequest(url: url)) }
            async let other = client.send(HTTPRequest(url: server.url("/other")))
            #expect(await eventually { server.requests.count == 2 })
            doomed.cancel()
            #expect(await doomed.value == .cancelled)
            #expect(await eventually { server.openConnections == 1 })
            gate.value = true
            let answer = try await other
            #expect(answer.body == Array("whole".utf8))
        }
    }

    @Test("A task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        try await withServer({ _ in [.hang] }) { client, server in
            let task = Task { [url = server.url()] in
                withUnsafeCurrentTask { $0?.cancel() }
                return await HTTPTests.failure(client, HTTPRequest(url: url))
            }
            #expect(await task.value == .cancelled && server.requests.isEmpty)
        }
    }

    @Test(
        "A connection cut before the answer is whole is a transient error",
        arguments: [
            "", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "nonsense\r\n\r\n",
        ])
    func cut(answer: String) async throws {
        try await withServer({ _ in [.send(answer), .cut] }) { client, server in
            let error = await HTTPTests.failure(client, HTTPRequest(url: server.url()))
            guard case .receiveFailed = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.isTransient == true)
        }
    }

    @Test(
        "An answer that is too long is broken off, with and without a length",
        arguments: ["Content-Length: 2000000", "Transfer-Encoding: chunked", "X: y"])
    func tooLarge(header: String) async throws {
        let chunk = String(repeating: "x", count: 1_000)
        let isChunked = header.hasPrefix("Transfer")
        let content = ScriptedServer.Step.send(isChunked ? "3e8\r\n\(chunk)\r\n" : chunk)
        try await withServer({ _ in [.send("HTTP/1.1 200 OK\r\n\(header)\r\n\r\n")] + Array(repeating: content, count: 2_000) + [.cut] }) {
            client, server in
            var request = HTTPRequest(url: server.url())
            request.maximumResponseBytes = 50_000
            #expect(await HTTPTests.failure(client, request) == .responseTooLarge(limit: 50_000))
            #expect(await eventually { server.openConnections == 0 })
        }
    }

    @Test(
        "A request lost with a kept connection is repeated only if that is safe",
        arguments: [(HTTPMethod.get, nil, 3), (.put, nil, 3), (.post, nil, 2), (.patch, nil, 2), (.post, "refund/7", 3)]
            as [(HTTPMethod, String?, Int)])
    func lostRequest(method: HTTPMethod, key: String?, seen: Int) async throws {
        // The first connection answers once and then takes a request without an answer: it may have been done.
        let script: @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step] = { request in
            request.path == "/lost" && request.connection == 1 ? [.cut] : [.answer()]
        }
        try await withServer(script) { client, server in
            _ = try await client.send(HTTPRequest(url: server.url()))
            var request = HTTPRequest(method, url: server.url("/lost"), body: method == .get ? [] : [1, 2, 3])
            request.headers["Idempotency-Key"] = key
            let error = await HTTPTests.failure(client, request)
            #expect((error == nil) == (seen == 3) && server.requests.count == seen)
            if let error { #expect(error.isTransient) }
        }
    }

    @Test("Nothing listens: could not connect; no such name: could not resolve; both transient, both name the host")
    func unreachable() async throws {
        try await withClient { client in
            // Port 1 is tcpmux, which nobody runs.
            let refused = await HTTPTests.failure(client, HTTPRequest(url: "http://127.0.0.1:1/"))
            #expect(refused == .couldNotConnect(host: "127.0.0.1") && refused?.isTransient == true)
            #expect(await HTTPTests.failure(client, HTTPRequest(url: "http://nowhere.invalid/")) == .couldNotResolve(host: "nowhere.invalid"))
        }
    }

    @Test("Closing breaks off what is on its way; later requests and mails are told")
    func closing() async throws {
        let server = try ScriptedServer { _ in [.hang] }
        defer { server.stop() }
        try await withClient { client in
            let waiting = Task { await HTTPTests.failure(client, HTTPRequest(url: server.url())) }
            #expect(await eventually { server.requests.count == 1 })
            await client.close()
            #expect(await waiting.value == .closed)
            #expect(await eventually { server.openConnections == 0 })
            #expect(await HTTPTests.failure(client, HTTPRequest(url: server.url())) == .closed)
            let mail = try SMTPTests.mail()
            #expect(await SMTPTests.failure(client, mail, SMTPServer(host: "127.0.0.1", port: 1)) == .closed)
        }
    }

    @Test("A client that is let go closes its connections by itself")
    func letGo() async throws {
        let server = try ScriptedServer { _ in [.answer()] }
        defer { server.stop() }
        do {
            let client = CurlClient(logger: Logger(label: "test"))
            _ = try await client.send(HTTPRequest(url: server.url()))
            #expect(server.openConnections == 1)
        }
        #expect(await eventually { server.openConnections == 0 })
    }
}
