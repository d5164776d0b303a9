import Contracts
import Curl
import Digests
import Foundation
import Platform
import Postgres
import Support
import Testing

@testable import Console

/// Consoles with their HTTP servers, a program with a token for each role, and people who sign in.
struct ConsoleFixture: Sendable {
    let environment: TestEnvironment
    /// The HTTP ports of the replicas.
    let ports: [Int]
    let web: CurlClient

    /// The token of a role.
    static func token(_ role: Role) -> String { "\(role.rawValue)-token-that-is-long-enough-for-anybody" }

    /// Opens a fixture.
    static func open(
        at instant: String = "2026-11-26T10:00:00Z", replicas: Int = 1, settings: [String: String] = [:],
        _ body: @Sendable @escaping (ConsoleFixture) async throws -> Void
    ) async throws {
        let tokens = Role.allCases.map { "\($0.rawValue)-program \($0.rawValue) \(Digest.sha256.hexadecimal(Array(token($0).utf8)))" }
        let all = settings.merging(["CONSOLE_TOKENS": tokens.joined(separator: "\n")]) { given, _ in given }
        try await TestEnvironment.open(at: RFC3339.date(from: instant)) { environment in
            let web = CurlClient(logger: TestServers.logger)
            let ports = try (0..<replicas).map { _ in try FreePort.find() }
            let fixture = ConsoleFixture(environment: environment, ports: ports, web: web)
            try await fixture.play(ports[...], all, body)
            await web.close()
        }
    }

    private func play(
        _ ports: ArraySlice<Int>, _ settings: [String: String], _ body: @Sendable (ConsoleFixture) async throws -> Void
    ) async throws {
        guard let port = ports.first else { return try await body(self) }
        try await environment.with(Console.self, settings: settings.merging(["HTTP_PORT": "\(port)"]) { $1 }) { _ in
            try await environment.eventually("the console is ready") {
                (try? await web.send(Self.request(.get, port, "/readyz", Self.token(.viewer))))?.status == 200
            }
            try await play(ports.dropFirst(), settings, body)
        }
    }

    // MARK: - Requests

    private static func request(_ method: HTTPMethod, _ port: Int, _ path: String, _ token: String?) -> HTTPRequest {
        HTTPRequest(method, url: "http://127.0.0.1:\(port)\(path)", headers: token.map { ["Authorization": "Bearer \($0)"] } ?? [:])
    }

    /// Sends a request as a program.
    func send(
        _ method: HTTPMethod = .get, _ path: String, as role: Role? = .operator, replica: Int = 0, headers: [String: String] = [:], body: String = ""
    ) async throws -> HTTPResponse {
        var request = Self.request(method, ports[replica], path, role.map(Self.token))
        for (name, value) in headers { request.headers[name] = value }
        if !body.isEmpty { request.headers["Content-Type"] = "application/json" }
        request.body = Array(body.utf8)
        return try await web.send(request)
    }

    /// Makes an account, as `boxoffice user add` does.
    func account(_ name: String, _ role: Role, password: String = "correct horse battery") async throws {
        try await environment.database.execute(
            "insert into console.accounts (name, role, password_hash) values ($1, $2, $3)", name, role.rawValue,
            PasswordHash(Array(password.utf8)).text)
    }

    /// Somebody with a browser.
    func browser(replica: Int = 0) -> Browser { Browser(fixture: self, replica: replica) }

    /// Keeps the cookie, and fills in forms.
    final class Browser {
        let fixture: ConsoleFixture
        var replica: Int
        var cookie: String?
        private(set) var formToken = ""

        init(fixture: ConsoleFixture, replica: Int) {
            self.fixture = fixture
            self.replica = replica
        }

        /// Opens a page.
        func open(_ path: String, headers: [String: String] = [:]) async throws -> HTTPResponse {
            let response = try await fixture.send(
                .get, path, as: nil, replica: replica, headers: headers.merging(cookie.map { ["Cookie": $0] } ?? [:]) { $1 })
            if let token = response.text.firstMatch(of: /name="form" value="([0-9a-f]+)"/)?.1 { formToken = String(token) }
            return response
        }

        /// Sends a form with the token of the last page.
        func post(_ path: String, _ fields: [String: String], headers: [String: String] = [:]) async throws -> HTTPResponse {
            let all = fields.merging(["form": formToken]) { given, _ in given }
            let body = all.map { "\($0.key)=\($0.value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")" }
            var sent = ["Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"].merging(headers) { $1 }
            if let cookie { sent["Cookie"] = cookie }
            var request = HTTPRequest(.post, url: "http://127.0.0.1:\(fixture.ports[replica])\(path)")
            for (name, value) in sent { request.headers[name] = value }
            request.body = Array(body.joined(separator: "&").utf8)
            let response = try await fixture.web.send(request)
            if let set = response.headers.first("Set-Cookie") { cookie = String(set.prefix { $0 != ";" }) }
            return response
        }

        /// Signs in.
        func signIn(_ name: String, password: String = "correct horse battery", to target: String = "/") async throws -> HTTPResponse {
            try await post("/sign-in", ["name": name, "password": password, "return": target])
        }
    }
}

extension HTTPResponse {
    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }
}
