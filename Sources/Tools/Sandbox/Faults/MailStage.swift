/// The points of a mail session at which a fault can be applied.
enum MailStage: String, Codable, Sendable {
    /// A client has connected and waits for the greeting.
    case connect
    /// MAIL FROM.
    case sender = "mail"
    /// RCPT TO.
    case recipient = "rcpt"
    /// DATA, before the text is read.
    case data
    /// The text was received; the mail is not accepted yet.
    case message
}
