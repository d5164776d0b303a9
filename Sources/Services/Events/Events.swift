import Contracts
import Platform

/// Event lifecycle: updates the status of events, keeps count of their tickets and e-mails reminders to ticket holders.
///
/// README.md has what it takes and does, and its settings.
@main
struct Events: BackgroundService {
    static let name = "events"
    static let schema = "events"
    static let summary = "carries events through their lives, keeps count of their tickets, and reminds their guests"
    static let settings = MailSettings.all

    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError) {
        service.add(channel: try MailChannel(settings, service, templates: try MailTemplates(Embedded.files)))
        service.add(reaction: BookingCancelledReaction())
        service.add(reaction: BookingRefundedReaction())
        service.add(reaction: EventCancelledReaction())
        service.add(job: UpdateStatuses())
        service.add(job: ArchivePast())
        service.add(job: SendReminders())
        service.add(job: SendEarlyBirdReminders())
        service.add(job: GenerateAnalytics())
    }
}
