public import FoundationEssentials

/// A mail: text, or text and HTML as alternatives.
public struct MailMessage: Sendable {
    /// Whom it is from.
    public var from: MailAddress
    /// Where answers go, if not to `from`.
    public var replyTo: MailAddress?
    /// The recipients that everybody sees.
    public var to: [MailAddress]
    /// The others that everybody sees.
    public var cc: [MailAddress]
    /// The ones that nobody sees: in the envelope only.
    public var bcc: [MailAddress]
    /// The subject; any Unicode text in one line.
    public var subject: String
    /// The content as plain text.
    public var text: String
    /// The same as HTML, if there is one.
    public var html: String?
    /// The images that the HTML shows.
    public var images: [MailImage]
    /// Further headers, say `List-Unsubscribe`.
    public var headers: [(name: String, value: String)]
    /// `left@right`, without angle brackets. The same mail keeps it when it is sent again.
    public var messageID: String
    /// The `Date` header.
    public var date: Date
    /// Where bounces go, if not to `from`; empty for nowhere (`MAIL FROM:<>`).
    public var envelopeSender: String?

    /// A mail. Nothing is checked here but by `rendered` and by sending.
    public init(
        from: MailAddress, replyTo: MailAddress? = nil, to: [MailAddress], cc: [MailAddress] = [], bcc: [MailAddress] = [], subject: String,
        text: String, html: String? = nil, images: [MailImage] = [], headers: [(name: String, value: String)] = [], messageID: String, date: Date,
        envelopeSender: String? = nil
    ) {
        self.from = from
        self.replyTo = replyTo
        self.to = to
        self.cc = cc
        self.bcc = bcc
        self.subject = subject
        self.text = text
        self.html = html
        self.images = images
        self.headers = headers
        self.messageID = messageID
        self.date = date
        self.envelopeSender = envelopeSender
    }

    /// Everybody in the envelope, once each, in order.
    public var recipients: [String] {
        var seen = Set<String>()
        return (to + cc + bcc).map(\.address).filter { seen.insert($0).inserted }
    }
}
