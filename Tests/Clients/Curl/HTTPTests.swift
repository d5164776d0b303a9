import Curl
import Foundation
import Testing

@Suite("HTTP", .timeLimit(.minutes(2)))
struct HTTPTests {
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
}
