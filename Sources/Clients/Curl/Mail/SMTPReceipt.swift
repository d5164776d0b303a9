/// What the mail server said when it took a mail.
public struct SMTPReceipt: Sendable, Equatable {
    /// The reply with its code, lines joined by a space: `250 2.0.0 Ok: queued as 4F1C2`.
    public let response: String
    /// The code, 250.
    public let code: Int

    /// A receipt made by hand, for tests of what reads one.
    public init(response: String, code: Int = 250) {
        self.response = response
        self.code = code
    }
}
