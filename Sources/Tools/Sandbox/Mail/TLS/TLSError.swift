import COpenSSL

/// A TLS failure in OpenSSL's words.
struct TLSError: Error, CustomStringConvertible {
    let description: String

    /// The oldest error of this thread's queue, which is emptied. OpenSSL keeps one queue a thread.
    init(fallback: String) {
        let code = ERR_get_error()
        ERR_clear_error()
        description = (code == 0 ? nil : ERR_reason_error_string(code)).map { String(cString: $0) } ?? fallback
    }
}
