public import FoundationEssentials

/// An answer, whole.
public struct HTTPResponse: Sendable {
    /// The status code, 200 to 599.
    public let status: Int
    /// The fields of the final answer (not of interim ones, no trailers).
    public let headers: HTTPHeaders
    /// The content.
    public let body: [UInt8]
    /// `1.0`, `1.1`, `2` or `3`.
    public let httpVersion: String

    /// An answer made by hand, for tests of what reads one.
    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = [], httpVersion: String = "1.1") {
        self.status = status
        self.headers = headers
        self.body = body
        self.httpVersion = httpVersion
    }

    /// The longest that a server can make a caller wait: one that asks for years, or in milliseconds, is asked again before.
    public static let longestRetryAfter = Duration.seconds(3_600)

    /// How long the server asks to wait (RFC 9110 section 10.2.3), at most ``longestRetryAfter``: seconds or a date; a date that has passed is
    /// zero, anything else nil.
    public func retryAfter(now: Date) -> Duration? {
        guard let value = headers.first("Retry-After"), !value.isEmpty else { return nil }
        if value.utf8.allSatisfy(\.isDigit) {
            // More digits than an integer holds are a long time, too.
            return min(.seconds(Int64(value) ?? .max), Self.longestRetryAfter)
        }
        guard let date = HTTPDate.seconds(value) else { return nil }
        let seconds = max(0, Double(date) - now.timeIntervalSince1970)
        return min(.seconds(seconds), Self.longestRetryAfter)
    }

    /// The content decoded from JSON; throws what the decoder throws.
    public func json<T: Decodable>(as type: T.Type = T.self, decoder: JSONDecoder = JSONDecoder()) throws -> T {
        try decoder.decode(type, from: Data(body))
    }
}
