import Curl
import Foundation
import Testing

@Suite("HTTP", .timeLimit(.minutes(30)))
struct HTTPTests {
    /// The error of sending; nil if there was an answer.
    static func failure(_ client: CurlClient, _ request: HTTPRequest) async -> CurlError? {
        do throws(CurlError) {
            _ = try await client.send(request)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "Text becomes a path segment or query value, and text again",
        arguments: [
            ("", ""), ("A-b.c_9~", "A-b.c_9~"), ("R/3 é?&=%", "R%2F3%20%C3%A9%3F%26%3D%25"), ("a\0b", "a%00b"),
        ])
    func escaping(text: String, escaped: String) {
        #expect(text.urlEscaped == escaped && escaped.urlUnescaped == text)
    }

    @Test("What is no escape stays, and what is not UTF-8 is no text")
    func brokenEscapes() {
        #expect("50%".urlUnescaped == "50%" && "%zz".urlUnescaped == "%zz" && "%FF".urlUnescaped == nil)
    }

    @Test("A GET brings back status, headers and content")
    func get() async throws {
        try await withServer({ _ in [.answer("200 OK", ["X-Kind: Pass", "x-kind: other"], "[1,2]")] }) { client, server in
            let response = try await client.send(HTTPRequest(url: server.url("/passes?page=1")))
            #expect(response.status == 200 && response.httpVersion == "1.1")
            #expect(response.headers["X-KIND"] == "Pass" && response.headers.all("x-kind") == ["Pass", "other"])
            #expect(try response.json(as: [Int].self) == [1, 2])
            let seen = try #require(server.requests.first)
            #expect(seen.line == "GET /passes?page=1 HTTP/1.1")
            #expect(seen.headers["user-agent"] == "box-office" && seen.headers["host"] == "127.0.0.1:\(server.port)")
        }
    }

    @Test("A POST sends its JSON, its headers and nothing of its own making")
    func post() async throws {
        try await withServer({ _ in [.answer("201 Created")] }) { client, server in
            var request = try HTTPRequest.json(.post, url: server.url("/refund"), ["amount": 1250]).authorization(bearer: "secret")
            request.headers["Idempotency-Key"] = "refund/7"
            request.headers["X-Empty"] = ""
            #expect(try await client.send(request).status == 201)
            let seen = try #require(server.requests.first)
            #expect(seen.line == "POST /refund HTTP/1.1" && String(decoding: seen.body, as: UTF8.self) == #"{"amount":1250}"#)
            #expect(seen.headers["content-type"] == "application/json" && seen.headers["authorization"] == "Bearer secret")
            #expect(seen.headers["idempotency-key"] == "refund/7" && seen.headers["x-empty"] == "" && seen.headers["expect"] == nil)
        }
    }

    @Test(
        "Every method goes out as itself, with its content",
        arguments: [HTTPMethod.get, .head, .post, .put, .patch, .delete, .options], ["", "content", String(repeating: "x", count: 2_000_000)])
    func methods(method: HTTPMethod, content: String) async throws {
        let script: @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step] = { request in
            request.line.hasPrefix("HEAD") ? [.send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")] : [.answer("200 OK", [], "ok")]
        }
        try await withServer(script) { client, server in
            let body = method == .head ? [] : Array(content.utf8)
            let response = try await client.send(HTTPRequest(method, url: server.url("/it"), body: body))
            let seen = try #require(server.requests.first)
            #expect(seen.line == "\(method.rawValue) /it HTTP/1.1" && seen.body == body && seen.headers["content-type"] == nil)
            #expect(response.body == Array((method == .head ? "" : "ok").utf8) && seen.headers["expect"] == nil)
            if [.post, .put, .patch].contains(method) { #expect(seen.headers["content-length"] == "\(body.count)") }
        }
    }

    @Test("Interim answers and trailers are no headers of the answer; chunks are put together")
    func framing() async throws {
        let answer = """
            HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Real: 1\r\n\r\n\
            3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n
            """
        try await withServer({ _ in [.send(answer)] }) { client, server in
            let response = try await client.send(HTTPRequest(url: server.url()))
            #expect(response.status == 200 && response.body == Array("abcde".utf8) && response.headers["x-real"] == "1")
            #expect(response.headers["x-early"] == nil && response.headers["x-trailer"] == nil)
        }
    }

    @Test("Any status is an answer, not an error", arguments: [204, 304, 400, 404, 429, 500, 503])
    func statuses(status: Int) async throws {
        try await withServer({ _ in [.answer("\(status) Whatever", ["Retry-After: 2"])] }) { client, server in
            let response = try await client.send(HTTPRequest(url: server.url()))
            #expect(response.status == status && response.retryAfter(now: .now) == .seconds(2))
        }
    }

    @Test("What cannot be sent is refused by name and nothing goes out")
    func invalidHeaders() async throws {
        try await withServer({ _ in [.answer()] }) { client, server in
            let bad = [
                ("X-Note", "a\r\nHost: evil"), ("X-Note", "a\n"), ("X-Note", "a\u{0}b"), ("X Note", "a"), ("", "a"), ("X:", "a"),
                ("Content-Length", "0"),
                ("transfer-encoding", "chunked"),
            ]
            for (name, value) in bad {
                var request = HTTPRequest(url: server.url())
                request.headers.add(name, value)
                #expect(await Self.failure(client, request) == .invalidHeader(name: name))
            }
            #expect(server.requests.isEmpty)
        }
    }

    @Test(
        "Only absolute http and https URLs are taken",
        arguments: [
            "", "/passes", "localhost:80", "ftp://localhost/", "file:///etc/passwd", "http://", "http://a b/", "http://localhost/\r\nX: y",
            "http://a:99999/",
        ])
    func invalidURLs(url: String) async throws {
        try await withClient { client in
            guard case .invalidURL = await Self.failure(client, HTTPRequest(url: url)) else {
                Issue.record("\(url) was taken")
                return
            }
        }
    }

    @Test("Headers keep their order and compare without case")
    func headers() {
        var headers: HTTPHeaders = ["A": "1", "B": "2"]
        headers.add("a", "3")
        #expect(headers.first("a") == "1" && headers.all("A") == ["1", "3"] && headers["c"] == nil)
        headers["a"] = "4"
        #expect(headers.fields.map(\.name) == ["a", "B"] && headers.all("A") == ["4"])
        headers["b"] = nil
        #expect(headers == ["a": "4"])
    }

    @Test(
        "Retry-After is seconds or a date of any of the three kinds, an hour at most",
        arguments: [
            ("120", 120.0), ("0", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 7), ("Sunday, 06-Nov-94 08:49:37 GMT", 7), ("Sun Nov  6 08:49:37 1994", 7),
            ("Sun, 06 Nov 1994 08:49:00 GMT", 0), ("Tue, 29 Feb 2000 00:00:00 GMT", 3_600), ("99999999999999999999", 3_600), ("3601", 3_600),
            ("soon", nil), ("", nil), ("-1", nil), ("1.5", nil), ("Sun, 31 Feb 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 24:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 08:49:37 PST", nil), ("Sun, 06 Xyz 1994 08:49:37 GMT", nil),
        ] as [(String, Double?)])
    func retryAfter(value: String, seconds: Double?) {
        // 1994-11-06T08:49:30Z
        let response = HTTPResponse(status: 503, headers: ["Retry-After": value])
        #expect(response.retryAfter(now: Date(timeIntervalSince1970: 784_111_770)) == seconds.map { .seconds($0) })
    }
}
