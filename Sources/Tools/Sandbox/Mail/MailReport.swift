import NIOCore

/// A mail as `/_sandbox/mails` reports it, parsed.
struct MailReport: Encodable {
    let id: Int
    let at: Timestamp
    /// Envelope.
    let sender: String
    let recipients: [String]
    /// The headers of these names, decoded; nil when missing.
    let from: String?
    let to: String?
    let subject: String?
    /// With its angle brackets.
    let messageId: String?
    /// All headers by name in lower case, decoded; repeated ones are joined by line feeds.
    let headers: [String: String]
    /// The first `text/plain` and `text/html` parts, decoded.
    let text: String?
    let html: String?
    /// The message as received.
    let raw: String

    init(number: Int, _ mail: Mailbox.Mail) {
        let entity = MIMEEntity(Array(mail.raw.readableBytesView)[...])
        id = number
        at = mail.at
        sender = mail.sender
        recipients = mail.recipients
        headers = Dictionary(
            entity.headers.map { ($0.name.lowercased(), EncodedWords.decode($0.value)) }, uniquingKeysWith: { $0 + "\n" + $1 })
        from = headers["from"]
        to = headers["to"]
        subject = headers["subject"]
        messageId = headers["message-id"]
        text = entity.text(ofType: "text/plain")
        html = entity.text(ofType: "text/html")
        raw = String(buffer: mail.raw)
    }
}
