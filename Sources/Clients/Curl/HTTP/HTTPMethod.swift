/// The method of a request (RFC 9110 section 9, PATCH: RFC 5789).
public enum HTTPMethod: String, Sendable, Hashable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"

    /// Whether doing it twice is the same as doing it once (RFC 9110 section 9.2.2).
    public var isIdempotent: Bool { self != .post && self != .patch }
}
