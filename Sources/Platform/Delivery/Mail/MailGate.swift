/// Decides right before mails are sent whether each may still be.
public protocol MailGate: Sendable {
    /// Whether mails may be sent now; while it is closed they wait.
    func isOpen(_ tx: Transaction) async throws -> Bool
    /// The mails that must not be sent any more, by dedupe key, and why. Runs in the transaction that claims them,
    /// after which they are sent at once.
    func withheld(_ mails: [QueuedMail], _ tx: Transaction) async throws -> [String: String]
}

/// A mail that is about to be sent.
public struct QueuedMail: Sendable {
    /// The delivery's key.
    public let dedupeKey: String
    /// The recipient's address, as it was when the mail was enqueued.
    public let address: String
}
