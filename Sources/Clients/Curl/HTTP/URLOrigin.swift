import CCurl

/// Scheme, host and port: two URLs share credentials only if they share these (RFC 6454 section 4).
struct URLOrigin: Equatable {
    let scheme: String
    let host: String
    let port: Int

    /// nil if it is not an absolute http or https URL, or has a control character or space in it.
    ///
    /// libcurl's own parser: what is checked here is what is connected to (curl_url(3)).
    init?(_ url: String) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), let parser = curl_url() else { return nil }
        defer { curl_url_cleanup(parser) }
        guard curl_url_set(parser, CURLUPART_URL, url, 0) == CURLUE_OK,
            let scheme = Self.part(CURLUPART_SCHEME, of: parser)?.lowercased(), scheme == "http" || scheme == "https",
            let host = Self.part(CURLUPART_HOST, of: parser)?.lowercased(), !host.isEmpty,
            let port = Self.part(CURLUPART_PORT, of: parser).flatMap({ Int($0) })
        else { return nil }
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    private static func part(_ part: CURLUPart, of parser: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(parser, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

extension String {
    /// The text as one path segment or query value: everything but the unreserved characters of RFC 3986 (section 2.3) is escaped.
    public var urlEscaped: String {
        guard let escaped = curl_easy_escape(nil, self, Int32(clamping: utf8.count)) else { return "" }
        defer { curl_free(escaped) }
        return String(cString: escaped)
    }

    /// The text behind `%xx`; what is no escape stays as it is. Nil for bytes that are not UTF-8.
    public var urlUnescaped: String? {
        var count: Int32 = 0
        guard let bytes = curl_easy_unescape(nil, self, Int32(clamping: utf8.count), &count) else { return nil }
        defer { curl_free(bytes) }
        return String(validating: UnsafeRawBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
    }

    /// Whether the name means this machine whatever a resolver says (RFC 6761 section 6.3), or is an address of it.
    var isLoopback: Bool {
        let name = lowercased().trimmingBrackets
        return name == "localhost" || name.hasSuffix(".localhost") || name == "::1"
            || name.hasPrefix("127.") && name.utf8.allSatisfy { $0.isDigit || $0 == 0x2E }
    }

    /// As a URL writes it: an IPv6 address in brackets.
    var asURLHost: String { contains(":") && !hasPrefix("[") ? "[\(self)]" : self }

    private var trimmingBrackets: String { hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self }
}
