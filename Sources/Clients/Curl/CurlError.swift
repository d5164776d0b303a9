/// Why a transfer did not end well. Never holds a password or an `Authorization` header.
public enum CurlError: Error, Sendable, Equatable {
    /// The transfer, or connecting, took longer than it may.
    case timedOut
    /// The name of the host has no address.
    case couldNotResolve(host: String)
    /// Nothing accepts connections there.
    case couldNotConnect(host: String)
    /// TLS failed: a certificate that is not trusted, no common version, or STARTTLS not offered though it is required.
    case tls(String)
    /// The answer is longer than this many bytes.
    case responseTooLarge(limit: Int)
    /// The task was cancelled.
    case cancelled
    /// The URL or host cannot be used; the text says why.
    case invalidURL(String)
    /// This header cannot be sent: its name is no token, its value has a CR, LF or NUL, or the client makes it itself.
    case invalidHeader(name: String)
    /// The mail cannot be sent as it is.
    case invalidMail(MailError)
    /// The mail server said no: 4xx for now, 5xx for good (RFC 5321 section 4.2.1). To whom or what, the stage is a hint of: many servers
    /// keep a refusal of our connection, login or sender until they are told of a recipient.
    case smtp(code: Int, response: String, stage: SMTPStage)
    /// A password would cross the network in clear text.
    case insecureLogin(host: String)
    /// The connection broke while sending.
    case sendFailed(String)
    /// The connection broke before the answer was whole, or the answer is no such thing.
    case receiveFailed(String)
    /// More redirects than this.
    case tooManyRedirects(limit: Int)
    /// A redirect from https to http, or to something that is neither.
    case redirectRefused(String)
    /// The client has been closed.
    case closed
    /// Anything else, with libcurl's number (libcurl-errors(3)).
    case failed(code: Int, String)

    /// Whether the same thing may work later: the network, a time-out, a 4xx of the mail server, our own stop.
    public var isTransient: Bool {
        switch self {
        case .timedOut, .couldNotResolve, .couldNotConnect, .sendFailed, .receiveFailed, .cancelled, .closed: true
        case .smtp(let code, _, _): (400..<500).contains(code)
        case .tls, .responseTooLarge, .invalidURL, .invalidHeader, .invalidMail, .insecureLogin, .tooManyRedirects, .redirectRefused, .failed: false
        }
    }
}

extension CurlError: CustomStringConvertible {
    /// What happened and, where there is something to do, what.
    public var description: String {
        switch self {
        case .timedOut: "the transfer timed out"
        case .couldNotResolve(let host): "the name \(host) has no address: check the name and the resolver"
        case .couldNotConnect(let host): "nothing accepts connections at \(host): check that it runs and that the port is right"
        case .tls(let text): "TLS failed: \(text)"
        case .responseTooLarge(let limit): "the answer is longer than \(limit) bytes"
        case .cancelled: "the transfer was cancelled"
        case .invalidURL(let reason): "the URL cannot be used: \(reason)"
        case .invalidHeader(let name): "the header \(name.debugDescription) cannot be sent: check it for line breaks and illegal characters"
        case .invalidMail(let error): "the mail cannot be sent: \(error)"
        case .smtp(_, let response, .session): "the mail server takes no mail from us: \(response)"
        case .smtp(_, let response, _): "the mail server said: \(response)"
        case .insecureLogin(let host): "the password is not sent to \(host) in clear text: use TLS"
        case .sendFailed(let text): "sending failed: \(text)"
        case .receiveFailed(let text): "receiving failed: \(text)"
        case .tooManyRedirects(let limit): "more than \(limit) redirects"
        case .redirectRefused(let reason): "a redirect is refused: \(reason)"
        case .closed: "the client is closed"
        case .failed(let code, let text): "transfer failed (\(code)): \(text)"
        }
    }
}
