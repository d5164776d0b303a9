import Contracts
import Curl
import FoundationEssentials

/// Push notifications: `POST {PUSH_URL}/notifications` with the dedupe key as `Idempotency-Key`.
public struct PushChannel: DeliveryChannel {
    /// The body of a request to the push service.
    public struct Notification: Codable, Sendable, Equatable {
        /// The recipients.
        public let userIds: [Int]
        /// The kind of notification, a number that the apps know.
        public let notificationType: Int
        /// Shown first.
        public let title: String
        /// Shown below.
        public let body: String
        /// For the app.
        public let metadata: [String: String]
        /// The language of title and body, as `en-us`.
        public let language: String
        /// Whether it makes no sound.
        public let silent: Bool

        /// A notification.
        public init(
            userIds: [Int], notificationType: Int, title: String, body: String, metadata: [String: String] = [:], language: String,
            silent: Bool = false
        ) {
            self.userIds = userIds
            self.notificationType = notificationType
            self.title = title
            self.body = body
            self.metadata = metadata
            self.language = language
            self.silent = silent
        }
    }

    /// Push.
    public let kind = OutboundDelivery.Kind.push
    /// How many requests at once.
    public let inFlight: Int
    private let url: String
    private let key: String?
    private let outside: OutsideService
    private let clock: WallClock

    /// A channel to the push service.
    /// - Throws: ``ConfigurationError``.
    public init(_ settings: Settings, _ builder: ServiceBuilder) throws(ConfigurationError) {
        url = try settings.value(PushSettings.url)
        key = try settings.optional(PushSettings.key)
        inFlight = try settings.value(PushSettings.inFlight)
        outside = builder.outside("push")
        clock = builder.clock
    }

    /// Calls the push service. 2xx is accepted; 400, 410, 413 and 422 refuse this notification for good. 401, 403, 404,
    /// 405 and a redirect are about our key and our URL; these and all other failures are retried.
    public func send(_ payload: [UInt8], key idempotencyKey: String) async throws(DeliveryFailure) {
        let response: HTTPResponse
        do {
            var request = HTTPRequest(
                .post, url: "\(url)/notifications", headers: ["Content-Type": "application/json", "Idempotency-Key": idempotencyKey], body: payload)
            if let key { request = request.authorization(bearer: key) }
            if let trace = TraceContext.current { request.headers.add("traceparent", trace.child().traceparent) }
            response = try await outside.send(request)
        } catch {
            throw failure(error, key: idempotencyKey)
        }
        switch response.status {
        case 200..<300: return
        case 400, 410, 413, 422: throw .refused("the push service answered \(response.status)")
        case 300..<400, 401, 403, 404, 405:
            throw .channelRefused(
                "check PUSH_KEY and PUSH_URL: the push service answered \(response.status)", cause: "\(response.status)", recipient: idempotencyKey)
        default: throw .later("the push service answered \(response.status)", after: response.retryAfter(now: clock.now))
        }
    }

    private func failure(_ error: CurlError, key: String) -> DeliveryFailure {
        switch error {
        // The invalid header is the idempotency key, which belongs to the notification.
        case .invalidHeader: .refused("\(error)")
        case .tls, .redirectRefused, .tooManyRedirects, .invalidURL:
            .channelRefused("check PUSH_URL: \(error)", cause: "\(error)", recipient: key)
        default: .later("\(error)")
        }
    }
}
