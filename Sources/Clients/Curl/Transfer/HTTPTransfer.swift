import CCurl

/// One HTTP request on its way.
final class HTTPTransfer: Transfer {
    private let request: HTTPRequest
    private let reply: CheckedContinuation<Result<RawHTTPResponse, CurlError>, Never>
    private var headers = HTTPHeaders()
    private var headerBytes = 0
    private var content: [UInt8] = []
    private var hasContent = false
    private var beginnings = 0
    private var failure: CurlError?

    /// All header lines of an answer together.
    private static let maximumHeaderBytes = 256 << 10

    init(_ request: HTTPRequest, reply: CheckedContinuation<Result<RawHTTPResponse, CurlError>, Never>) {
        self.request = request
        self.reply = reply
    }

    var timeout: Duration { request.timeout }

    func prepare(_ easy: EasyHandle, sockets: UnsafeMutableRawPointer) {
        let origin = URLOrigin(request.url)
        easy.setCommon(
            host: origin?.host ?? "", timeout: request.timeout, connectTimeout: request.connectTimeout, caFile: request.caFile,
            sockets: sockets)
        if !request.usesProxy { easy.set(CURLOPT_PROXY, "") }
        easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        easy.set(CURLOPT_URL, request.url)
        easy.set(CURLOPT_USERAGENT, "box-office")
        // Rather a stream of a connection that is being made than a connection and a handshake of its own.
        if origin?.scheme == "https" { easy.set(CURLOPT_PIPEWAIT, 1) }
        easy.set(CURLOPT_MAXFILESIZE_LARGE, offset: request.maximumResponseBytes)
        switch request.method {
        case .get where request.body.isEmpty: easy.set(CURLOPT_HTTPGET, 1)
        case .head: easy.set(CURLOPT_NOBODY, 1)
        case .options where request.body.isEmpty, .delete where request.body.isEmpty:
            easy.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        default:
            easy.set(content: request.body)
            if request.method != .post { easy.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
        }
        easy.set(CURLOPT_HTTPHEADER, headerLines)
    }

    private var headerLines: [String] {
        // A name with a semicolon sends an empty value; with a bare colon it takes away what libcurl would send.
        var lines = request.headers.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        lines.append("Expect:")
        // Otherwise libcurl calls all content a form.
        if request.headers.first("Content-Type") == nil { lines.append("Content-Type:") }
        return lines
    }

    /// libcurl repeats a request when a connection it reuses ends before any answer. The server may have done it already:
    /// only what can be done twice goes out twice (RFC 9110 section 9.2.2).
    func mayBegin() -> Bool {
        beginnings += 1
        if beginnings == 1 || request.method.isIdempotent || request.headers.first("Idempotency-Key") != nil { return true }
        failure = .receiveFailed("the connection closed before an answer, and the request cannot be repeated safely")
        return false
    }

    func receive(header line: UnsafeRawBufferPointer) -> Bool {
        headerBytes += line.count
        guard headerBytes <= Self.maximumHeaderBytes else {
            failure = .responseTooLarge(limit: Self.maximumHeaderBytes)
            return false
        }
        if hasContent { return true }  // A trailer.
        let text = line[...].trimmed
        if text.starts(with: "HTTP/".utf8) {
            // An interim answer came before.
            headers = HTTPHeaders()
        } else if let first = line.first, first == 0x20 || first == 0x09 {
            headers.continueLast(String(decoding: text, as: UTF8.self))
        } else if let colon = text.firstIndex(of: 0x3A) {
            headers.add(String(decoding: text[..<colon], as: UTF8.self), String(decoding: text[(colon + 1)...].trimmed, as: UTF8.self))
        }
        return true
    }

    func receive(content bytes: UnsafeRawBufferPointer) -> Bool {
        if !hasContent {
            hasContent = true
            if let length = headers.first("Content-Length").flatMap({ Int($0) }), length > 0 {
                content.reserveCapacity(min(length, request.maximumResponseBytes))
            }
        }
        guard content.count + bytes.count <= request.maximumResponseBytes else {
            failure = .responseTooLarge(limit: request.maximumResponseBytes)
            return false
        }
        content.append(contentsOf: bytes)
        return true
    }

    func provide(into buffer: UnsafeMutableRawBufferPointer) -> Int { 0 }

    func repeats(after code: CURLcode, _ easy: EasyHandle) -> Bool { false }

    func finish(_ code: CURLcode, _ easy: EasyHandle) {
        guard code == CURLE_OK else {
            let host = URLOrigin(request.url)?.host ?? "?"
            let error = CurlError(code, text: easy.explanation(code), host: host, limit: request.maximumResponseBytes)
            return fail(failure ?? error)
        }
        let version =
            switch easy.long(CURLINFO_HTTP_VERSION) {
            case CURL_HTTP_VERSION_1_0: "1.0"
            case CURL_HTTP_VERSION_2_0: "2"
            case CURL_HTTP_VERSION_3: "3"
            default: "1.1"
            }
        let response = HTTPResponse(status: easy.long(CURLINFO_RESPONSE_CODE), headers: headers, body: content, httpVersion: version)
        reply.resume(returning: .success(RawHTTPResponse(response: response, redirect: easy.string(CURLINFO_REDIRECT_URL))))
    }

    func fail(_ error: CurlError) {
        reply.resume(returning: .failure(error))
    }
}

extension Slice<UnsafeRawBufferPointer> {
    /// Without white space at either end.
    fileprivate var trimmed: Self {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return self[startIndex..<startIndex]
        }
        return self[first...last]
    }
}
