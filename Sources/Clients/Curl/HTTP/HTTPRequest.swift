public import FoundationEssentials

/// A request that `CurlClient` sends.
public struct HTTPRequest: Sendable {
    /// The method.
    public var method: HTTPMethod
    /// An absolute `http` or `https` URL.
    public var url: String
    /// The fields to send beside those the client makes itself (`Host`, `Content-Length`, `User-Agent` unless it is given).
    public var headers: HTTPHeaders
    /// The content; empty sends none.
    public var body: [UInt8]
    /// How long the whole transfer may take, from `send` to the last byte, redirects included.
    public var timeout: Duration = .seconds(30)
    /// How long name look-up, connection and TLS may take of that.
    public var connectTimeout: Duration = .seconds(5)
    /// The longest content that is taken; more ends the transfer with `CurlError.responseTooLarge`.
    public var maximumResponseBytes = 16 << 20
    /// Whether `Location` is followed, up to 5 times; never from https to http, and without credentials to another origin.
    public var followsRedirects = false
    /// Whether the proxy of the environment is used, for a host that is not this one.
    public var usesProxy = true
    /// A PEM file with the only authorities to trust, instead of the system's.
    public var caFile: String?

    /// A request with the default limits.
    public init(_ method: HTTPMethod = .get, url: String, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }

    /// A request whose content is this value in JSON; throws what the encoder throws.
    public static func json(
        _ method: HTTPMethod, url: String, _ value: some Encodable, encoder: JSONEncoder = JSONEncoder()
    ) throws -> HTTPRequest {
        HTTPRequest(method, url: url, headers: ["Content-Type": "application/json"], body: [UInt8](try encoder.encode(value)))
    }

    /// The same request with `Authorization: Bearer` (RFC 6750 section 2.1).
    public func authorization(bearer token: String) -> HTTPRequest {
        var request = self
        request.headers["Authorization"] = "Bearer " + token
        return request
    }
}
