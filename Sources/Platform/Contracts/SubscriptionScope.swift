/// What a customer can unsubscribe from.
public enum SubscriptionScope: String, CaseIterable, Codable, Sendable {
    /// The weekly newsletter.
    case newsletter
    /// Promotions, birthday wishes, follow-ups and mails after a long absence.
    case promotions
    /// Every campaign, those of later versions too.
    case all
}
