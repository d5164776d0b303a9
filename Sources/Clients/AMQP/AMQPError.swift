/// What can go wrong on an AMQP connection. No case ever carries a password.
public enum AMQPError: Error, Sendable, Equatable {
    /// The connection was lost before the broker had answered; whether it did the work is unknown.
    case connectionLost(reason: String)
    /// `run()` has ended (or the connection was told to end): nothing can be asked of it any more.
    case closed
    /// `run()` was called a second time.
    case alreadyRunning
    /// The broker refused the login, or the user may not do this (403).
    case accessRefused(user: String, vhost: String, text: String)
    /// The virtual host is not there, or the user may not enter it (530).
    case vhostRefused(user: String, vhost: String, text: String)
    /// The broker's certificate is not signed by the expected authority or not made out for this host.
    case untrustedBroker(host: String)
    /// A file or option of TLS cannot be used.
    case unusableTLSOption(String)
    /// A queue or exchange is not there (404).
    case notFound(String)
    /// A queue or exchange is there, but otherwise than declared, or a message cannot be taken as it is (406).
    case preconditionFailed(String)
    /// The broker closed the channel for another reason, with its code and text.
    case refused(code: Int, text: String)
    /// A message, name or argument that the protocol cannot carry; nothing was sent.
    case unencodable(String)
    /// What was staged is gone with its connection or channel; nothing of it was published.
    case stagingLost
    /// The broker is short of memory or disk and takes no messages; it did not recover in time.
    case blocked(reason: String)
    /// No answer in time; whether the broker did the work is unknown.
    case timeout(String)
}

extension AMQPError: CustomStringConvertible {
    /// One line that says what happened and what to do.
    public var description: String {
        switch self {
        case .connectionLost(let reason): "the connection to the broker was lost (\(reason)); try again"
        case .closed: "the connection to the broker is closed; it is used only while run() runs"
        case .alreadyRunning: "run() is called once in the life of a connection"
        case .accessRefused(let user, let vhost, let text):
            "the broker refuses user '\(user)' in vhost '\(vhost)': check name, password and permissions (\(text))"
        case .vhostRefused(let user, let vhost, let text):
            "the broker does not let user '\(user)' into vhost '\(vhost)': check that it exists and that the user has permissions there (\(text))"
        case .untrustedBroker(let host):
            "the certificate of the broker is not trusted for '\(host)': check cacertfile and the host name in the URL"
        case .unusableTLSOption(let option): "cannot use \(option): check the file and its permissions"
        case .notFound(let text): "not there: \(text); declare it first"
        case .preconditionFailed(let text): "the broker has it otherwise: \(text)"
        case .refused(let code, let text): "the broker refused: \(code) \(text)"
        case .unencodable(let text): "cannot be sent: \(text)"
        case .stagingLost: "the broker does not hold the staged messages any more and has published none of them; publish them again"
        case .blocked(let reason): "the broker takes no messages (\(reason)); free memory or disk there"
        case .timeout(let what): "no answer from the broker in time: \(what)"
        }
    }
}
