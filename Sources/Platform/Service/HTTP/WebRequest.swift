import HTTPTypes
import Hummingbird

/// A request to a route of a service, with its whole body.
public struct WebRequest: Sendable {
    /// `GET`, `POST` …; HEAD is GET.
    public let method: String
    /// The path, percent-encoded as it was received.
    public let path: String
    /// The query without its `?`, percent-encoded as it was received. Not for logs: it may hold a secret.
    public let query: String
    /// The body; at most as long as the route allows.
    public let body: [UInt8]
    /// The address of the client, or of the proxy before it; nil when it is not known.
    public let peer: String?
    private let fields: HTTPFields
    private let pathParameters: [String: String]

    init(_ request: Request, _ context: HTTPContext, body: [UInt8]) {
        method = request.method == .head ? "GET" : request.method.rawValue
        path = request.uri.path
        query = request.uri.query ?? ""
        peer = context.channel.remoteAddress?.ipAddress
        fields = request.headers
        pathParameters = Dictionary(context.parameters.map { (String($0.key), String($0.value)) }) { $1 }
        self.body = body
    }

    /// The part of the path that stands for `{name}` in the path of the route, decoded; nil when there is none or its
    /// escapes are broken.
    public func pathParameter(_ name: String) -> String? { pathParameters[name]?.percentDecoded }

    /// The value of a header field; several are joined by commas.
    public func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { fields[$0] } }

    /// The first value of a cookie (RFC 6265, section 4.2); nil when it is not there.
    public func cookie(_ name: String) -> String? {
        guard let header = header("cookie") else { return nil }
        for pair in header.split(whereSeparator: { $0 == ";" || $0 == "," }) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0].filter({ $0 != " " }) == name { return String(parts[1]) }
        }
        return nil
    }

    /// The first value of a parameter of the query, decoded; nil when it is not there.
    public func parameter(_ name: String) -> String? { Self.value(of: name, in: query) }

    /// The first value of a field of a form (`application/x-www-form-urlencoded`), decoded; nil when it is not there.
    public func field(_ name: String) -> String? {
        let type = (header("content-type") ?? "").prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard type == "application/x-www-form-urlencoded", let form = String(validating: body, as: UTF8.self) else { return nil }
        return Self.value(of: name, in: form)
    }

    /// The languages of `Accept-Language` (RFC 9110, section 12.5.4), the preferred one first.
    public var acceptedLanguages: [String] {
        let ranges = (header("accept-language") ?? "").prefix(1000).split(separator: ",").map { range in
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " } }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            return (language: parts.first.map { String($0) } ?? "", weight: weight)
        }
        // Stable: of equal weights the first is preferred.
        return ranges.enumerated().filter { $0.element.weight > 0 }
            .sorted { ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset) }.map(\.element.language)
    }

    // By bytes: a combining mark behind a separator would make one character of both.
    private static func value(of name: String, in pairs: String) -> String? {
        for pair in pairs.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard String(Substring(parts[0])).formDecoded == name else { continue }
            return parts.count > 1 ? String(Substring(parts[1])).formDecoded : ""
        }
        return nil
    }
}

extension String {
    /// The text behind `%xx` escapes and `+` for a blank, as forms write them; nil when an escape is broken.
    fileprivate var formDecoded: String? { replacing("+", with: " ").percentDecoded }

    /// The text behind `%xx` escapes (RFC 3986); nil when one is broken or the bytes are not UTF-8.
    package var percentDecoded: String? {
        guard utf8.contains(UInt8(ascii: "%")) else { return self }
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let decoded = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(decoded)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
