/// The points of a mail session at which a fault can strike.
enum MailStage: String, Codable, Sendable {
    /// A client has connected and waits for the greeting.
    case connect
    /// MAIL FROM.
    case sender = "mail"
    /// RCPT TO.
    case recipient = "rcpt"
    /// DATA, before the text is read.
    case data
    /// The text has come; the mail is not taken yet.
    case message
}
