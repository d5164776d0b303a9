import Curl
import FoundationEssentials
import Logging
import Sandbox
import ServiceLifecycle

/// Bytemark, push, gateway and SMTP for one test: the sandbox, inside the test's process.
public struct StubServices: Sendable {
    let world: SandboxState
    let web: CurlClient

    /// The address of the HTTP stand-ins.
    public var url: String { "http://127.0.0.1:\(world.ports.http)" }
    /// The port of the mail server.
    public var smtpPort: Int { world.ports.smtp }
    /// What a service needs to find them.
    public var settings: [String: String] {
        [
            "BYTEMARK_URL": "\(url)/bytemark", "PUSH_URL": "\(url)/push", "PUSH_KEY": "secret", "PAYMENT_GATEWAY_URL": "\(url)/gateway",
            "PAYMENT_GATEWAY_KEY": "secret", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "\(smtpPort)",
            "SMTP_FROM": "Box Office <tickets@boxoffice.example>", "FRONTEND_URL": "https://shop.example",
            "UNSUBSCRIBE_URL": "https://mail.shop.example", "UNSUBSCRIBE_KEY": Self.unsubscribeKey,
            "CONSOLE_TOKEN": "a-token-of-the-tests-of-32-characters",
        ]
    }

    /// Signs the links to unsubscribe.
    public static let unsubscribeKey = "a-key-of-the-tests-of-32-characters"

    /// Opens the outside world while the body runs.
    public static func open<T: Sendable>(_ body: (StubServices) async throws -> T) async throws -> T {
        let settings = Sandbox.Settings()
        let world = SandboxState(settings)
        let web = CurlClient(logger: TestServers.logger)
        var logger = Logger(label: "sandbox")
        logger.logLevel = .critical
        let group = ServiceGroup(configuration: .init(services: try SandboxServices(settings, world: world, logger: logger).all, logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            while world.ports.http == 0 || world.ports.smtp == 0 { try await Task.sleep(for: .milliseconds(5)) }
            let result: Result<T, any Error>
            do {
                result = .success(try await body(StubServices(world: world, web: web)))
            } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            await web.close()
            return try result.get()
        }
    }

    /// Tells the sandbox what to be like: `POST /_sandbox/<path>`.
    public func order(_ path: String, _ json: String = "") async throws { try await tell(.post, path, json) }

    private func tell(_ method: HTTPMethod, _ path: String, _ json: String = "") async throws {
        let response = try await web.send(HTTPRequest(method, url: "\(url)/_sandbox/\(path)", body: Array(json.utf8)))
        guard (200..<300).contains(response.status) else {
            throw TestServers.Missing(description: "the sandbox refuses \(path): \(String(decoding: response.body, as: UTF8.self))")
        }
    }

    /// Has a part keep all requests waiting until `letGo()`.
    public func hold(_ part: String) async throws { try await order("faults", #"{"part":"\#(part)","action":{"delayMs":3600000}}"#) }

    /// Ends all faults: what waits goes on.
    public func letGo() async throws { try await tell(.delete, "faults") }

    /// The pushes that reached phones.
    public func pushes() async throws -> [Push] { try await look("pushes", as: [Push].self) }

    /// The mails that arrived, oldest first; those to one address, or to addresses like `*@example.org`.
    public func mails(to recipient: String = "*") async throws -> [Mail] { try await look("mails?recipient=\(recipient)", as: [Mail].self) }

    /// The refunds that the gateway paid, oldest first.
    public func refunds() async throws -> [Refund] { try await look("refunds", as: [Refund].self) }

    /// Somebody else has the gateway pay money back.
    public func payBack(_ transaction: String, _ amount: Int, currency: String = "EUR", key: String) async throws {
        let body = #"{"transaction":"\#(transaction)","amount":\#(amount),"currency":"\#(currency)"}"#
        let request = HTTPRequest(.post, url: "\(url)/gateway/refund", headers: ["Idempotency-Key": key], body: Array(body.utf8))
        let response = try await web.send(request)
        guard response.status == 200 else { throw TestServers.Missing(description: "the gateway pays nothing back: \(response.status)") }
    }

    /// Tells the gateway of payments; one that is told again takes the place of the earlier one.
    public func transactions(_ transactions: [GatewayTransaction]) async throws {
        try await order("gateway/transactions", String(decoding: try JSONEncoder().encode(transactions), as: UTF8.self))
    }

    /// What a part received, oldest first.
    public func received(_ part: String) async throws -> [Request] { try await look("received?part=\(part)", as: [Request].self) }

    /// Gives users passes: `token-<user>` has these.
    public func passes(of user: Int, _ json: String) async throws {
        try await order("bytemark/tokens", #"[{"token":"token-\#(user)","passes":\#(json),"voidToken":false}]"#)
    }

    /// The most requests that a part had to answer at one time.
    public func maximumInFlight(_ part: String) async throws -> Int {
        struct Counts: Decodable { let maxInFlight: Int }
        return try await look("counts", as: [String: Counts].self)[part]?.maxInFlight ?? 0
    }

    /// With what status a stand-in answers `GET`.
    public func answers(_ path: String, token: String) async throws -> Int {
        try await web.send(HTTPRequest(url: "\(url)\(path)").authorization(bearer: token)).status
    }

    private func look<V: Decodable>(_ path: String, as type: V.Type) async throws -> V {
        var request = HTTPRequest(url: "\(url)/_sandbox/\(path)")
        // Thousands of mails.
        request.maximumResponseBytes = 1 << 28
        return try await web.send(request).json(as: type)
    }

    /// A push that reached a phone.
    public struct Push: Decodable, Sendable {
        /// To whom.
        public let userIds: [Int]
        /// Of what kind.
        public let notificationType: Int
        /// What it says.
        public let title: String
        /// In which language.
        public let language: String
    }

    /// A mail that arrived.
    public struct Mail: Decodable, Sendable {
        /// The addresses in the envelope.
        public let recipients: [String]
        /// The header, decoded.
        public let from: String?
        /// The header, decoded.
        public let to: String?
        /// Decoded.
        public let subject: String?
        /// With its angle brackets.
        public let messageId: String?
        /// By name in lower case, decoded.
        public let headers: [String: String]
        /// The plain part.
        public let text: String?
        /// The HTML part.
        public let html: String?
        /// The message as it was received.
        public let raw: String
    }

    /// A refund that was paid.
    public struct Refund: Decodable, Sendable {
        /// The key it was asked for with.
        public let idempotencyKey: String
        /// The reference of the payment.
        public let transaction: String
        /// Minor units.
        public let amount: Int
        /// ISO 4217.
        public let currency: String
    }

    /// A payment as the gateway knows it.
    public struct GatewayTransaction: Encodable, Sendable {
        let reference: String
        let status: String
        let amount: Int
        let currency: String
        let paidAt: String?

        private enum CodingKeys: String, CodingKey {
            case reference
            case status
            case amount
            case currency
            case paidAt = "paid_at"
        }

        /// A payment; `status` is `success`, `failed`, `abandoned` or `pending`, `paidAt` RFC 3339.
        public init(_ reference: String, _ status: String, amount: Int, currency: String, paidAt: String? = nil) {
            self.reference = reference
            self.status = status
            self.amount = amount
            self.currency = currency
            self.paidAt = paidAt
        }
    }

    /// A request that came in.
    public struct Request: Decodable, Sendable {
        /// `GET`
        public let method: String
        /// With the query.
        public let path: String
        /// What it was answered.
        public let status: Int?
        /// The bearer's.
        public let token: String?
        /// By name in lower case; not of Bytemark.
        public let headers: [String: String]?
    }
}
