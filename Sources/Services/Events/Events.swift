import Contracts
import Platform

/// Event lifecycle: updates the status of events, keeps count of their tickets and e-mails reminders to ticket holders.
///
/// | takes | does |
/// | --- | --- |
/// | `events.update-statuses` | `upcoming` → `live` at the start, `live` → `completed` at the end |
/// | `events.archive-past` | `completed` → `archived` a week later |
/// | `events.send-reminders`, `events.send-early-bird-reminders` | e-mails the holders of bookings, the day and the week before |
/// | `events.generate-analytics` | reports the week that ended |
/// | `booking.cancelled`, `booking.refunded` | releases the booking's tickets, once |
/// | `event.cancelled` | `upcoming` or `live` → `cancelled` |
///
/// Needs the mail server (`SMTP_HOST`, `SMTP_FROM`, …) and `FRONTEND_URL`.
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
