/// A mail server to submit to (RFC 6409).
public struct SMTPServer: Sendable, Hashable {
    /// Its name or address.
    public var host: String
    /// Its port: 25, 587 for submission, 465 with implicit TLS.
    public var port: Int
    /// The user to log in as; nil sends without a login. A server that offers no AUTH at all is not logged in to.
    public var user: String?
    /// The password of that user.
    public var password: String?
    /// When to encrypt.
    public var tls: SMTPTLS
    /// What we call ourselves in EHLO; nil for the name of this machine.
    public var clientName: String?
    /// A PEM file with the only authorities to trust, instead of the system's.
    public var caFile: String?
    /// How long a mail may take, connecting included.
    public var timeout: Duration

    /// A mail server.
    public init(
        host: String, port: Int, user: String? = nil, password: String? = nil, tls: SMTPTLS = .whenOffered, clientName: String? = nil,
        caFile: String? = nil, timeout: Duration = .seconds(60)
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.tls = tls
        self.clientName = clientName
        self.caFile = caFile
        self.timeout = timeout
    }
}

extension SMTPServer {
    /// Whether `clientName` is something that EHLO can carry: a host name or an address in brackets.
    public var isClientNameValid: Bool { clientName?.utf8.allSatisfy(\.isHostCharacter) ?? true }

    /// Looks at it as every mail does before it is sent, so that a wrong setting is told at the start.
    /// - Throws: `invalidURL`, or `insecureLogin` for a password that would leave this machine in clear text.
    public func check() throws(CurlError) {
        guard (1...65_535).contains(port), !host.isEmpty, host.utf8.allSatisfy(\.isHostCharacter) else {
            throw .invalidURL("the mail server must be a host name or address and a port from 1 to 65535")
        }
        guard isClientNameValid else {
            throw .invalidURL("the client name for the mail server must be a host name")
        }
        if user != nil, tls == .none, !host.isLoopback { throw .insecureLogin(host: host) }
    }
}

extension UInt8 {
    fileprivate var isHostCharacter: Bool { isLetterOrDigit || "-._:[]".utf8.contains(self) }
}

extension SMTPServer: CustomStringConvertible {
    /// Where it is, without the password.
    public var description: String { "\(host):\(port)" }
}

extension SMTPServer: CustomDebugStringConvertible, CustomReflectable {
    /// Where it is, without the password.
    public var debugDescription: String { description }
    /// Without the password.
    public var customMirror: Mirror { Mirror(self, children: ["host": host, "port": port, "tls": tls]) }
}
