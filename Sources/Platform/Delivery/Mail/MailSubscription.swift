import Contracts

/// What the recipient of a mail can unsubscribe from.
public struct MailSubscription: Decodable, Sendable, Equatable {
    /// The user's id.
    public let user: Int
    /// The list, as the service that sends it calls it.
    public let scope: String

    /// A user's subscription to a list.
    public init(user: Int, scope: String) {
        self.user = user
        self.scope = scope
    }

    var json: String { "{\"user\":\(user),\"scope\":\(JSONText.quoted(scope))}" }
}
