/// Tells how recipients unsubscribe. A service with mails that have a ``MailSubscription`` gives its own to its
/// ``MailChannel``.
public protocol SubscriptionLinks: Sendable {
    /// How the recipient of one mail unsubscribes; nil for a list that is not known.
    /// - Parameters:
    ///   - template: The template of the mail.
    ///   - sender: The domain of the sender's address.
    func link(for subscription: MailSubscription, template: String, from sender: String) -> SubscriptionLink?
}

/// How the recipient of one mail unsubscribes.
public struct SubscriptionLink: Sendable {
    /// The URL of the page, the fact `unsubscribe` of templates.
    public let page: String
    /// The header fields for mail programs: `List-Unsubscribe` and its like.
    public let headers: [(name: String, value: String)]

    /// A link and the header fields that say the same.
    public init(page: String, headers: [(name: String, value: String)]) {
        self.page = page
        self.headers = headers
    }
}
