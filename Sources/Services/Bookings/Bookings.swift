import Contracts
import Platform

/// Booking lifecycle: confirms, cancels and refunds bookings; e-mails the customer at most once per event.
///
/// README.md has what it takes and does, and its settings.
@main
struct Bookings: BackgroundService {
    static let name = "bookings"
    static let schema = "bookings"
    static let summary = "carries bookings through their lives: confirms, cancels, decides refunds, and writes to the customer"
    static let settings = MailSettings.all

    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError) {
        service.add(channel: try MailChannel(settings, service, templates: try MailTemplates(Embedded.files)))
        service.add(job: CancelExpired())
        service.add(job: ProcessRefunds())
        service.add(job: SendConfirmations())
        service.add(job: CleanupOldCancelled())
        service.add(job: GenerateDailyReport())
        service.add(reaction: PaymentSucceededReaction())
        service.add(reaction: PaymentFailedReaction())
        service.add(reaction: PaymentAbandonedReaction())
        service.add(reaction: PaymentRefundedReaction())
        service.add(reaction: PaymentRefundFailedReaction())
        service.add(reaction: BookingRefundRequestedReaction())
        service.add(reaction: BookingRemindedReaction())
        service.add(reaction: BookingFollowedUpReaction())
        service.add(reaction: EventCancelledReaction())
    }
}
