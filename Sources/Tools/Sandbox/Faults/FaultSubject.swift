/// The values of a request or mail that faults are matched against.
struct FaultSubject: Sendable {
    /// Path without the query.
    var path: String?
    var token: String?
    var reference: String?
    var userIds: [Int64] = []
    var recipients: [String] = []
    /// The current point of the mail session; nil for HTTP.
    var stage: MailStage?
}
