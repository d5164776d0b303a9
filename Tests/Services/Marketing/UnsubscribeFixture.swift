import AMQP
import Contracts
import Curl
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Marketing

/// The marketing service with its HTTP server, and whoever opens links: mailbox providers, scanners and people.
struct UnsubscribeFixture: Sendable {
    static let keys = UnsubscribeKeys(current: StubServices.unsubscribeKey)

    let marketing: MarketingFixture
    /// The HTTP ports of the replicas.
    let ports: [Int]
    let web: CurlClient

    var environment: TestEnvironment { marketing.environment }

    /// Opens a fixture with the user 1, on a Monday at 10:00 UTC.
    static func open(
        replicas: Int = 1, language: String = "en-us", settings: [String: String] = [:],
        _ body: @Sendable @escaping (UnsubscribeFixture) async throws -> Void
    ) async throws {
        try await MarketingFixture.open(at: "2026-11-23T10:00:00Z", replicas: 0) { marketing in
            let environment = marketing.environment
            try await environment.broker.declare(
                .init(
                    queues: [.init("shop", exclusive: true)],
                    bindings: [.init(queue: "shop", exchange: Exchange.events, routingKey: "customer.*")]))
            try await marketing.users(1...1, language: language)
            let web = CurlClient(logger: TestServers.logger)
            let ports = try (0..<replicas).map { _ in try FreePort.find() }
            let fixture = UnsubscribeFixture(marketing: marketing, ports: ports, web: web)
            try await fixture.play(ports[...], settings, body)
            await web.close()
            try await environment.broker.delete(queue: "shop")
        }
    }

    private func play(
        _ ports: ArraySlice<Int>, _ settings: [String: String], _ body: @Sendable (UnsubscribeFixture) async throws -> Void
    ) async throws {
        guard let port = ports.first else { return try await body(self) }
        let all = marketing.stubs.settings.merging(["HTTP_PORT": "\(port)"]) { $1 }.merging(settings) { $1 }
        try await environment.with(Marketing.self, settings: all) { _ in
            try await environment.eventually("the service is ready") {
                (try? await web.send(HTTPRequest(url: "http://127.0.0.1:\(port)/readyz")))?.status == 200
            }
            try await play(ports.dropFirst(), settings, body)
        }
    }

    // MARK: - Requests

    /// The query of a link.
    static func query(_ user: Int = 1, _ scope: SubscriptionScope = .newsletter) -> String {
        "token=\(keys.text(of: UnsubscribeToken(user: user, scope: scope)))"
    }

    /// Sends a request to the page.
    func send(
        _ method: HTTPMethod, _ query: String = query(), replica: Int = 0, headers: HTTPHeaders = [:], body: String = ""
    ) async throws -> HTTPResponse {
        try await web.send(
            HTTPRequest(method, url: "http://127.0.0.1:\(ports[replica])/unsubscribe?\(query)", headers: headers, body: Array(body.utf8)))
    }

    /// Presses a button of the page.
    func press(_ change: String, _ scope: String, _ query: String = query()) async throws -> HTTPResponse {
        try await send(
            .post, query + "&page", headers: ["Content-Type": "application/x-www-form-urlencoded"], body: "change=\(change)&scope=\(scope)")
    }

    /// Sends bytes as they are, and returns what is answered.
    func raw(_ head: String, _ body: String = "") async throws -> String {
        let connection = try RawConnection(port: ports[0])
        connection.send(head.replacing("\n", with: "\r\n") + "\r\n\r\n" + body)
        return try await connection.received()
    }

    // MARK: - Looking

    /// The rows, as `user scope reason`.
    func rows() async throws -> [String] {
        try await environment.database.query(
            "select concat_ws(' ', user_id, scope, reason) from marketing.suppressions order by 1", as: String.self)
    }

    /// What the shop was told since the last look, as `unsubscribed 1 newsletter`; waits for the outbox.
    func told() async throws -> [String] {
        try await environment.eventually("select count(*) from marketing.outbox", 0)
        return try await environment.take("shop").map { delivery in
            let message = try WireCoding.decodeJSON(Told.self, from: delivery.body[...])
            return "\(message.type.split(separator: ".").last ?? "") \(message.data.userId) \(message.data.scope)"
        }
    }

    private struct Told: Decodable {
        let type: String
        let data: Payload

        struct Payload: Decodable {
            let userId: Int
            let scope: String
        }
    }
}

extension HTTPResponse {
    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }
}
