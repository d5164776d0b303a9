import Contracts
import Platform

/// Counts rides, rewards every fiftieth and sends the rider a push.
///
/// README.md has what it takes and does, and its settings.
@main
struct LoyaltyNotifier: BackgroundService {
    static let name = "loyalty-notifier"
    static let schema = "loyalty"
    static let summary = "counts rides and tells users of the free tickets that they earned"
    static let settings = PushSettings.all

    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError) {
        let texts = try RewardTexts.embedded()
        let notifying = RewardNotifications(texts: texts)
        service.add(channel: try PushChannel(settings, service), onSent: RewardNotifications.markNotified)
        service.add(reaction: RideCompletedReaction(notifying: notifying))
        service.add(job: Notify(notifying: notifying))
    }
}
