import COpenSSL
import Glibc
import Platform

/// Certificate chain and private key of a server, as PEM files. They are read again for each connection.
struct TLSCertificate: Sendable {
    let chainFile: String
    let keyFile: String

    /// Throws a ``ConfigurationError`` that names the file and what is wrong with it.
    init(chainFile: String, keyFile: String) throws(ConfigurationError) {
        self.chainFile = chainFile
        self.keyFile = keyFile
        SSL_CTX_free(try context())
    }

    /// The server's side of a new connection.
    func session() throws -> TLSSession {
        let context = try context()
        // The session keeps the parts of the context that it needs.
        defer { SSL_CTX_free(context) }
        guard let ssl = SSL_new(context) else { throw TLSError(fallback: "out of memory") }
        SSL_set_accept_state(ssl)
        return try TLSSession(ssl)
    }

    private func context() throws(ConfigurationError) -> OpaquePointer {
        guard let context = SSL_CTX_new(TLS_server_method()), copenssl_require_tls12(context) == 1 else {
            throw ConfigurationError("SANDBOX_TLS_CERT", "cannot be used: \(TLSError(fallback: "out of memory"))")
        }
        do throws(ConfigurationError) {
            try load(context)
        } catch {
            SSL_CTX_free(context)
            throw error
        }
        return context
    }

    private func load(_ context: OpaquePointer) throws(ConfigurationError) {
        try Self.checkReadable(chainFile, "SANDBOX_TLS_CERT")
        try Self.checkReadable(keyFile, "SANDBOX_TLS_KEY")
        copenssl_never_ask(context)
        ERR_clear_error()
        guard SSL_CTX_use_certificate_chain_file(context, chainFile) == 1 else {
            throw Self.problem("SANDBOX_TLS_CERT", chainFile, "which holds no certificate in PEM form")
        }
        // This compares the key with the certificate, too.
        guard SSL_CTX_use_PrivateKey_file(context, keyFile, SSL_FILETYPE_PEM) == 1 else {
            throw Self.problem("SANDBOX_TLS_KEY", keyFile, "which holds no private key of that certificate in PEM form without pass phrase")
        }
    }

    private static func problem(_ variable: String, _ file: String, _ problem: String) -> ConfigurationError {
        ConfigurationError(variable, "names the file \(file), \(problem) (\(TLSError(fallback: "no reason given")))")
    }

    private static func checkReadable(_ file: String, _ variable: String) throws(ConfigurationError) {
        guard access(file, R_OK) != 0 else { return }
        throw ConfigurationError(variable, "names the file \(file), which cannot be read: \(String(cString: strerror(errno)))")
    }
}
