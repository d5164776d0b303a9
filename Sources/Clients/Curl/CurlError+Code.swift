import CCurl

extension CurlError {
    /// What a result of libcurl means (libcurl-errors(3)); `text` is its own explanation.
    init(_ code: CURLcode, text: String, host: String, limit: Int) {
        switch code {
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .couldNotResolve(host: host)
        case CURLE_COULDNT_CONNECT: self = .couldNotConnect(host: host)
        case CURLE_SSL_CONNECT_ERROR where Self.brokeOff(text), CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL:
            self = .receiveFailed(text)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS:
            self = .tls(text)
        case CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND: self = .sendFailed(text)
        case CURLE_FILESIZE_EXCEEDED: self = .responseTooLarge(limit: limit)
        case CURLE_URL_MALFORMAT: self = .invalidURL(text)
        default: self = .failed(code: Int(code.rawValue), text)
        }
    }

    // A handshake that ends with the connection is the network's failure, not the certificate's.
    private static func brokeOff(_ text: String) -> Bool {
        text.contains("SSL_ERROR_SYSCALL") || text.contains("reset by peer") || text.contains("unexpected eof")
    }
}
