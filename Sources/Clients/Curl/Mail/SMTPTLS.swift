/// When a connection to a mail server is encrypted.
public enum SMTPTLS: String, Sendable, Hashable {
    /// STARTTLS if the server offers it. With a password and a server that is not on this machine it is `required`.
    case whenOffered
    /// STARTTLS, and no mail without it (RFC 3207).
    case required
    /// TLS from the first byte, usually port 465 (RFC 8314 section 3.3).
    case implicit
    /// Never. A password is then sent to a server on this machine only.
    case none
}
