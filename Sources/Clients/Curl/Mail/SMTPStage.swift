/// How far a mail had got when the server replied (RFC 5321 section 3.3).
public enum SMTPStage: String, Sendable, Hashable, CaseIterable {
    /// The greeting, EHLO, STARTTLS, AUTH.
    case session
    /// MAIL FROM.
    case sender
    /// RCPT TO.
    case recipient
    /// DATA, before the text.
    case data
    /// The end of the text.
    case message
}
