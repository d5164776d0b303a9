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
