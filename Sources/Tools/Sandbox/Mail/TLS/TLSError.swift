import COpenSSL

/// A TLS failure, with OpenSSL's text.
struct TLSError: Error, CustomStringConvertible {
    let description: String

    /// The oldest error of this thread's queue, which is cleared. OpenSSL has one queue per thread.
    init(fallback: String) {
        let code = ERR_get_error()
        ERR_clear_error()
        description = (code == 0 ? nil : ERR_reason_error_string(code)).map { String(cString: $0) } ?? fallback
    }
}
