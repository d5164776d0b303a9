import Contracts
import Platform

/// Booking lifecycle: confirms, cancels and refunds bookings; e-mails the customer at most once per event.
///
/// | takes | does |
/// | --- | --- |
/// | `bookings.cancel-expired` | cancels bookings that were not paid in time, and all bookings of cancelled events |
/// | `bookings.process-refunds` | decides refund requests |
/// | `bookings.send-confirmations` | mails each confirmed booking once |
/// | `bookings.cleanup-old-cancelled` | removes old cancelled bookings that owe nothing |
/// | `bookings.generate-daily-report` | the figures of the day that ended |
/// | `payment.succeeded` | confirms; grants a refund of money for a cancelled booking |
/// | `payment.failed`, `payment.abandoned` | cancels |
/// | `payment.refunded`, `payment.refund-failed` | completes a refund, or records why it failed |
/// | `booking.refund-requested`, `booking.reminded` | recorded on the booking |
/// | `event.cancelled` | recorded; `bookings.cancel-expired` cancels the bookings |
///
/// Needs a mail server (`SMTP_HOST` …) and the shop's address for links (`FRONTEND_URL`).
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
        service.add(reaction: EventCancelledReaction())
    }
}
