import Contracts
import Curl
import FoundationEssentials
import Platform

/// The payment gateway's API: the status of transactions, and refunds.
struct PaymentGatewayClient: Sendable {
    /// How long one request may take.
    static let timeout = Duration.seconds(10)

    /// The maximum number of concurrent status requests; the same number of refund requests may run beside them.
    let inFlight: Int
    let url: String
    private let key: String
    private let outside: OutsideService
    let clock: WallClock

    private static let address = Setting.url("PAYMENT_GATEWAY_URL", "the payment gateway; /transaction/verify and /refund are added")
    private static let key = Setting.secret("PAYMENT_GATEWAY_KEY", "bearer token for the payment gateway")
    private static let inFlight = Setting.integer(
        "PAYMENT_GATEWAY_IN_FLIGHT", default: 16, in: 1...CurlClient.standardConnections / 2,
        "questions, and as many refunds, on their way to the gateway at once")
    /// The settings that it reads.
    static let settings = [address.description, key.description, inFlight.description]

    /// A client for the gateway that the settings name.
    init(_ settings: Settings, _ builder: ServiceBuilder) throws(ConfigurationError) {
        url = try settings.value(Self.address)
        key = try settings.value(Self.key)
        inFlight = try settings.value(Self.inFlight)
        outside = builder.outside("gateway")
        clock = builder.clock
    }

    /// Requests the status of a transaction: `GET /transaction/verify/{reference}`. Only 200 and the gateway's own 404
    /// count as answers.
    func verify(_ reference: String) async -> GatewayAnswer {
        let response: HTTPResponse
        do {
            response = try await send(HTTPRequest(url: "\(url)/transaction/verify/\(reference.urlEscaped)"))
        } catch {
            return .unavailable("\(error)")
        }
        switch response.status {
        case 200: return read(response.body, reference)
        case 404 where Self.saysNo(response): return .unknown
        case 401, 403: return .unavailable(Self.keyIsRefused(response))
        default: return .unavailable(Self.noAnswer(response), after: response.retryAfter(now: clock.now))
        }
    }

    /// The longest response that is read: room for some thousands of refunds of one payment.
    private static let longestAnswer = 1 << 20

    /// Sends a request with our key.
    func send(_ request: HTTPRequest) async throws(CurlError) -> HTTPResponse {
        var request = request.authorization(bearer: key)
        request.timeout = Self.timeout
        request.maximumResponseBytes = Self.longestAnswer
        if let trace = TraceContext.current { request.headers.add("traceparent", trace.child().traceparent) }
        return try await outside.send(request)
    }

    private func read(_ body: [UInt8], _ reference: String) -> GatewayAnswer {
        do {
            let answer = try MessageData(body[...])
            guard try answer.boolean("status") else { return .unavailable("the gateway answered that it cannot say") }
            let data = try answer.object("data")
            let told = try data.reference("reference")
            guard told == reference else { return .unavailable("the gateway answered about \(told)") }
            return .transaction(
                GatewayTransaction(
                    status: GatewayStatus(try data.text("status", length: 1...100)), money: try Money(data, ignoringCase: true),
                    at: data.has("paid_at") ? try data.instant("paid_at") : clock.now))
        } catch {
            return .unavailable("the gateway's answer cannot be read: \(error)")
        }
    }

    /// Whether the gateway itself refuses the request, as opposed to a proxy or another page at its address: the body
    /// is a JSON object whose `status` is not true.
    static func saysNo(_ response: HTTPResponse) -> Bool {
        JSONObjectScanner(response.body).map { $0.boolean("status") != true } ?? false
    }

    /// The reason that the gateway gives, short enough for a message.
    static func refusal(_ response: HTTPResponse) -> String {
        let reason = JSONObjectScanner(response.body)?.string("message")?.replacing("\0", with: " ").prefix(500)
        return "the gateway answered \(response.status)" + (reason.map { ": \($0)" } ?? "")
    }

    /// The gateway rejects our credentials: the key is wrong, not the request.
    static func keyIsRefused(_ response: HTTPResponse) -> String { "check PAYMENT_GATEWAY_KEY: the gateway answered \(response.status)" }

    /// A response that does not answer the request.
    static func noAnswer(_ response: HTTPResponse) -> String { "the gateway answered \(response.status)" }
}
