import Contracts

/// A kind of mail that marketing sends; also the name of its template, and `campaign_log.campaign`.
enum Campaign: String, CaseIterable, Sendable {
    case newsletter
    case promotion
    case birthday
    case followUp = "follow-up"
    case reEngagement = "re-engagement"
    case organizerReport = "organizer-report"

    /// What a customer unsubscribes from to get no more of them; nil for the report to organizers, who are no customers.
    var scope: SubscriptionScope? {
        switch self {
        case .newsletter: .newsletter
        case .promotion, .birthday, .followUp, .reEngagement: .promotions
        case .organizerReport: nil
        }
    }

    /// The row of `campaign_log` that a delivery belongs to; nil for a mail of no campaign.
    static func logID(_ dedupeKey: String) -> Int? {
        let parts = dedupeKey.split(separator: "/")
        guard let campaign = parts.first, let id = parts.last, Campaign(rawValue: String(campaign)) != nil else { return nil }
        return Int(id)
    }
}
