import Platform

/// Facts about payments and bookings, and the reports that are made of them.
///
/// | takes | does |
/// | --- | --- |
/// | `payment.succeeded`, `.failed`, `.abandoned`, `.refunded`, `booking.cancelled`, `.refunded` | keeps each as a fact, once |
/// | `analytics.generate-daily` | reports the 24 hours that ended |
/// | `analytics.generate-weekly-report` | reports the week that ended |
/// | `analytics.generate-monthly-summary` | reports the calendar month that ended |
///
/// docs/analytics.md says what each figure counts, and which can be made for a past period.
@main
struct Analytics: BackgroundService {
    static let name = "analytics"
    static let schema = "analytics"
    static let summary = "counts what happened, each once, and reports it"
    static let settings: [SettingDescription] = []

    static func assemble(_ service: inout ServiceBuilder, _ settings: Settings) throws(ConfigurationError) {
        service.add(reaction: PaymentSucceededReaction())
        service.add(reaction: PaymentFailedReaction())
        service.add(reaction: PaymentAbandonedReaction())
        service.add(reaction: PaymentRefundedReaction())
        service.add(reaction: BookingCancelledReaction())
        service.add(reaction: BookingRefundedReaction())
        service.add(job: GenerateDaily())
        service.add(job: GenerateWeeklyReport())
        service.add(job: GenerateMonthlySummary())
    }
}
