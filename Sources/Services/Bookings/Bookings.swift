import Contracts
import Platform

/// Carries bookings through their lives: confirms, cancels, refunds, and writes to the customer once.
///
/// | takes | does |
/// | --- | --- |
/// | `bookings.cancel-expired` | cancels what nobody paid for in time, and all bookings of events that were cancelled |
/// | `bookings.process-refunds` | decides the refunds that were asked for |
/// | `bookings.send-confirmations` | mails each confirmed booking once |
/// | `bookings.cleanup-old-cancelled` | removes what was cancelled long ago and owes nothing |
/// | `bookings.generate-daily-report` | the figures of the day that ended |
/// | `payment.succeeded` | confirms; money for a cancelled booking goes back |
/// | `payment.failed`, `payment.abandoned` | cancels |
/// | `payment.refunded`, `payment.refund-failed` | ends a refund, or notes why it could not be |
/// | `booking.refund-requested`, `booking.reminded` | noted on the booking |
/// | `event.cancelled` | noted; `bookings.cancel-expired` does the rest |
///
/// Needs a mail server (`SMTP_HOST` …), the shop's address for links (`FRONTEND_URL`) and `TIME_ZONE` for the days of reports.
@main
struct Bookings: BackgroundService {
    static let name = "bookings"
    static let schema = "bookings"
    static let summary = "carries bookings through their lives: confirms, cancels, decides refunds, and writes to the customer"
    static let settings = MailSettings.all + [CommonSettings.timeZone.description]

    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError) {
        service.add(channel: try MailChannel(settings, service, templates: try MailTemplates(Embedded.files)))
        service.add(job: CancelExpired())
        service.add(job: ProcessRefunds())
        service.add(job: SendConfirmations())
        service.add(job: CleanupOldCancelled())
        service.add(job: GenerateDailyReport(zone: try settings.zone()))
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
