import FoundationEssentials

/// A message or one part of it: headers and a body (RFC 5322, RFC 2045).
struct MIMEEntity: Sendable {
    /// Unfolded but not decoded, in order.
    let headers: [(name: String, value: String)]
    /// As sent, still in its transfer encoding.
    let body: ArraySlice<UInt8>

    /// Splits at the first empty line; without one, everything is headers.
    init(_ bytes: ArraySlice<UInt8>) {
        var headers: [(name: String, value: String)] = []
        var rest = bytes
        while let (line, after) = rest.splitFirstLine() {
            rest = after
            if line.isEmpty { break }
            let text = String(decoding: line, as: UTF8.self)
            if line.first == UInt8(ascii: " ") || line.first == UInt8(ascii: "\t") {
                if let last = headers.indices.last { headers[last].value += text }
            } else if let colon = text.firstIndex(of: ":") {
                let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                headers.append((String(text[..<colon]), String(value)))
            }
        }
        self.headers = headers
        body = rest
    }

    /// The first header of that name, undecoded.
    func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }

    /// `text/plain` without a header (RFC 2045, 5.2).
    var contentType: HeaderParameters {
        HeaderParameters(header("Content-Type") ?? "text/plain")
    }

    /// The parts of a multipart body, without preamble and epilogue; empty for anything else.
    var parts: [MIMEEntity] {
        guard contentType.value.hasPrefix("multipart/"), let boundary = contentType.parameters["boundary"] else { return [] }
        let delimiter = Array("--\(boundary)".utf8)
        var parts: [MIMEEntity] = []
        var start: Int?
        var rest = body
        while let (line, after) = rest.splitFirstLine() {
            if line.starts(with: delimiter) {
                // The line end before a delimiter belongs to the delimiter.
                if let start { parts.append(MIMEEntity(body[start..<max(start, line.startIndex - 2)])) }
                if line.dropFirst(delimiter.count).starts(with: Array("--".utf8)) { break }
                start = after.startIndex
            }
            rest = after
        }
        return parts
    }

    /// The first part of that type, at any depth, as text.
    func text(ofType type: String) -> String? {
        if contentType.value == type { return decodedText }
        return parts.lazy.compactMap { $0.text(ofType: type) }.first
    }

    /// The body, decoded from its transfer encoding and charset.
    private var decodedText: String {
        let bytes: [UInt8]
        switch header("Content-Transfer-Encoding")?.lowercased().trimmingSpaces() {
        case "base64": bytes = Data(base64Encoded: Data(body), options: .ignoreUnknownCharacters).map(Array.init) ?? []
        case "quoted-printable": bytes = QuotedPrintable.decode(body)
        default: bytes = Array(body)
        }
        return Charset.text(bytes, charset: contentType.parameters["charset"] ?? "utf-8")
    }
}

extension ArraySlice<UInt8> {
    /// The first line without its CRLF or LF, and what follows; nil at the end.
    fileprivate func splitFirstLine() -> (line: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
        guard !isEmpty else { return nil }
        guard let feed = firstIndex(of: UInt8(ascii: "\n")) else { return (self, self[endIndex...]) }
        let hasReturn = feed > startIndex && self[feed - 1] == UInt8(ascii: "\r")
        return (self[startIndex..<(hasReturn ? feed - 1 : feed)], self[(feed + 1)...])
    }
}

extension String {
    fileprivate func trimmingSpaces() -> String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
