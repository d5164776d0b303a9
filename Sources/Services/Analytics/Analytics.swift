import Platform

/// Facts about payments and bookings, and the reports that are made of them.
///
/// | takes | does |
/// | --- | --- |
/// | `payment.succeeded`, `.failed`, `.abandoned`, `.refunded`, `booking.cancelled`, `.refunded` | keeps each as a fact, once |
/// | `analytics.generate-daily` | reports the 24 hours that ended |
/// | `analytics.generate-weekly-report` | reports the week that ended |
/// | `analytics.generate-monthly-summary` | reports the calendar month that ended |
/// | `analytics.monitor-real-time` | warns when the last half hour is unusual |
///
/// Needs the mail server (`SMTP_HOST`, `SMTP_FROM`, …), `FRONTEND_URL` and `REPORT_RECIPIENTS`. docs/analytics.md says what each figure counts, and which can be made for a past period.
@main
struct Analytics: BackgroundService {
    static let name = "analytics"
    static let schema = "analytics"
    static let summary = "counts what happened, each once, and reports it"
    static let settings = MailSettings.all + [MailSettings.reportRecipients.description, mostBookings.description, mostPayments.description]

    static let mostBookings = Setting.integer(
        "MONITOR_BOOKINGS_LIMIT", default: 100, in: 1...1_000_000_000, "above this many bookings in half an hour there is an alert")
    static let mostPayments = Setting.integer(
        "MONITOR_PAYMENTS_LIMIT", default: 100, in: 1...1_000_000_000, "above this many payments in half an hour there is an alert")

    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError) {
        service.add(reaction: PaymentSucceededReaction())
        service.add(reaction: PaymentFailedReaction())
        service.add(reaction: PaymentAbandonedReaction())
        service.add(reaction: PaymentRefundedReaction())
        service.add(reaction: BookingCancelledReaction())
        service.add(reaction: BookingRefundedReaction())
        service.add(channel: try MailChannel(settings, service, templates: try MailTemplates(Embedded.files)))
        let mailing = ReportMailing(recipients: try settings.value(MailSettings.reportRecipients))
        service.add(job: GenerateDaily(mailing: mailing))
        service.add(job: GenerateWeeklyReport(mailing: mailing))
        service.add(job: GenerateMonthlySummary(mailing: mailing))
        let limits = SalesLimits(bookings: try settings.value(mostBookings), payments: try settings.value(mostPayments))
        service.add(job: MonitorRealTime(limits: limits, recipients: mailing.recipients))
    }
}
