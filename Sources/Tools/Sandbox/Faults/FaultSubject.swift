/// What a fault can be matched against in one request or mail.
struct FaultSubject: Sendable {
    /// Path without the query.
    var path: String?
    var token: String?
    var reference: String?
    var userIds: [Int64] = []
    var recipients: [String] = []
    /// Where in a mail session this is asked; nil for HTTP.
    var stage: MailStage?
}

/// The points of a mail session at which a fault can strike.
enum MailStage: String, Codable, Sendable {
    /// A client has connected and waits for the greeting.
    case connect
    /// RCPT TO.
    case recipient = "rcpt"
    /// DATA, before the text is read.
    case data
    /// The text has come; the mail is not taken yet.
    case message
}
