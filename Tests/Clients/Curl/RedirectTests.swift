import Curl
import Testing

@Suite("Redirects", .timeLimit(.minutes(30)))
struct RedirectTests {
    /// A request with everything that is secret.
    private func request(_ url: String, _ method: HTTPMethod = .get) -> HTTPRequest {
        var request = HTTPRequest(method, url: url, headers: ["Cookie": "session=1", "X-Note": "a"]).authorization(bearer: "secret")
        request.followsRedirects = true
        return request
    }

    @Test("A redirect is an answer unless following is asked for")
    func notFollowed() async throws {
        try await withServer({ _ in [.answer("302 Found", ["Location: /there"])] }) { client, server in
            let response = try await client.send(HTTPRequest(url: server.url()))
            #expect(response.status == 302 && response.headers["location"] == "/there" && server.requests.count == 1)
        }
    }

    @Test("Credentials go along within an origin and stay behind on the way to another, even when it leads back")
    func credentials() async throws {
        let home = Shared("")
        let other = try ScriptedServer { _ in [.answer("302 Found", ["Location: \(home.value)/back"])] }
        defer { other.stop() }
        let script: @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step] = { request in
            switch request.path {
            case "/": [.answer("302 Found", ["Location: here?x=1"])]
            case "/here?x=1": [.answer("307 Temporary Redirect", ["Location: \(other.url("/away", host: "localhost"))"])]
            default: [.answer("200 OK", [], "end")]
            }
        }
        try await withServer(script) { client, server in
            home.value = server.url("")
            #expect(try await client.send(request(server.url())).body == Array("end".utf8))
            let authorizations = server.requests.map { $0.headers["authorization"] }
            #expect(server.requests.map(\.path) == ["/", "/here?x=1", "/back"] && authorizations == ["Bearer secret", "Bearer secret", nil])
            let away = try #require(other.requests.first)
            #expect(away.headers["authorization"] == nil && away.headers["cookie"] == nil && away.headers["x-note"] == "a")
        }
    }

    @Test(
        "After a redirect the method is what RFC 9110 says",
        arguments: [
            (301, HTTPMethod.post, "GET"), (302, .post, "GET"), (303, .put, "GET"), (307, .post, "POST"), (308, .put, "PUT"), (302, .put, "PUT"),
        ])
    func methods(status: Int, method: HTTPMethod, next: String) async throws {
        let script: @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step] = { request in
            [request.path == "/" ? .answer("\(status) Go", ["Location: /next"]) : .answer()]
        }
        try await withServer(script) { client, server in
            var request = request(server.url(), method)
            request.body = [1, 2, 3]
            request.headers["Content-Type"] = "application/x"
            _ = try await client.send(request)
            let seen = try #require(server.requests.last)
            #expect(seen.line == "\(next) /next HTTP/1.1" && seen.body == (next == "GET" ? [] : [1, 2, 3]))
            #expect((seen.headers["content-type"] == nil) == (next == "GET"))
        }
    }

    @Test("Five are followed, a sixth is an error")
    func loop() async throws {
        try await withServer({ _ in [.answer("302 Found", ["Location: /again"])] }) { client, server in
            #expect(await HTTPTests.failure(client, request(server.url())) == .tooManyRedirects(limit: 5))
            #expect(server.requests.count == 6)
        }
    }

    @Test("Files and other schemes are not followed to", arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:1/x"])
    func schemes(location: String) async throws {
        try await withServer({ _ in [.answer("302 Found", ["Location: \(location)"])] }) { client, server in
            guard case .redirectRefused = await HTTPTests.failure(client, request(server.url())) else {
                Issue.record("it was followed")
                return
            }
        }
    }

    @Test("TLS: the authority that is named is trusted, others are not, and no redirect leads to http")
    func tls() async throws {
        let certificates = try #require(Certificates.shared)
        let peer = try await Peer("https.py", [certificates.certificate, certificates.key])
        try await withServer({ _ in [.answer("200 OK", [], "plain")] }) { client, server in
            var request = request("https://localhost:\(peer.port)/")
            request.caFile = certificates.authority
            let answer = try await client.send(request)
            #expect(answer.body == Array("secure".utf8))
            request.url = "https://localhost:\(peer.port)/to?\(server.url())"
            #expect(await HTTPTests.failure(client, request) == .redirectRefused("it leads from https to http"))
            #expect(server.requests.isEmpty)
            request.caFile = nil
            guard case .tls = await HTTPTests.failure(client, request) else {
                Issue.record("an unknown authority was trusted")
                return
            }
            request.caFile = "/nowhere.pem"
            guard case .tls = await HTTPTests.failure(client, request) else {
                Issue.record("a missing file was no error")
                return
            }
        }
    }
}
