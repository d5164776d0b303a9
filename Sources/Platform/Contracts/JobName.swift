/// The name of a job, `bookings.cancel-expired`: the service that works it, a dot, what it does. It is the routing key of its ticks.
public struct JobName: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// As in ticks, in the ledger and in Contracts/schedules.yaml.
    public let rawValue: String

    /// A name as it came; it may be that of no job.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The service that works it.
    public var service: String { rawValue.split(separator: ".").first.map(String.init) ?? rawValue }

    /// The name.
    public var description: String { rawValue }
}

extension JobName {
    /// tickets-cache: refresh.
    public static let ticketsCacheRefresh = JobName(rawValue: "tickets-cache.refresh")
    /// tickets-cache: refresh stale.
    public static let ticketsCacheRefreshStale = JobName(rawValue: "tickets-cache.refresh-stale")

    /// loyalty-notifier: notify.
    public static let loyaltyNotifierNotify = JobName(rawValue: "loyalty-notifier.notify")

    /// payments: cleanup abandoned.
    public static let paymentsCleanupAbandoned = JobName(rawValue: "payments.cleanup-abandoned")
    /// payments: handle timeouts.
    public static let paymentsHandleTimeouts = JobName(rawValue: "payments.handle-timeouts")
    /// payments: cleanup old failed.
    public static let paymentsCleanupOldFailed = JobName(rawValue: "payments.cleanup-old-failed")
    /// payments: generate analytics.
    public static let paymentsGenerateAnalytics = JobName(rawValue: "payments.generate-analytics")

    /// bookings: cancel expired.
    public static let bookingsCancelExpired = JobName(rawValue: "bookings.cancel-expired")
    /// bookings: process refunds.
    public static let bookingsProcessRefunds = JobName(rawValue: "bookings.process-refunds")
    /// bookings: send confirmations.
    public static let bookingsSendConfirmations = JobName(rawValue: "bookings.send-confirmations")
    /// bookings: cleanup old cancelled.
    public static let bookingsCleanupOldCancelled = JobName(rawValue: "bookings.cleanup-old-cancelled")
    /// bookings: generate daily report.
    public static let bookingsGenerateDailyReport = JobName(rawValue: "bookings.generate-daily-report")

    /// events: update statuses.
    public static let eventsUpdateStatuses = JobName(rawValue: "events.update-statuses")
    /// events: archive past.
    public static let eventsArchivePast = JobName(rawValue: "events.archive-past")
    /// events: send reminders.
    public static let eventsSendReminders = JobName(rawValue: "events.send-reminders")
    /// events: send early bird reminders.
    public static let eventsSendEarlyBirdReminders = JobName(rawValue: "events.send-early-bird-reminders")
    /// events: generate analytics.
    public static let eventsGenerateAnalytics = JobName(rawValue: "events.generate-analytics")

    /// marketing: send weekly newsletter.
    public static let marketingSendWeeklyNewsletter = JobName(rawValue: "marketing.send-weekly-newsletter")
    /// marketing: send promotions.
    public static let marketingSendPromotions = JobName(rawValue: "marketing.send-promotions")
    /// marketing: send birthday wishes.
    public static let marketingSendBirthdayWishes = JobName(rawValue: "marketing.send-birthday-wishes")
    /// marketing: send event follow ups.
    public static let marketingSendEventFollowUps = JobName(rawValue: "marketing.send-event-follow-ups")
    /// marketing: send re engagement.
    public static let marketingSendReEngagement = JobName(rawValue: "marketing.send-re-engagement")
    /// marketing: send organizer analytics.
    public static let marketingSendOrganizerAnalytics = JobName(rawValue: "marketing.send-organizer-analytics")

    /// maintenance: clean cache.
    public static let maintenanceCleanCache = JobName(rawValue: "maintenance.clean-cache")
    /// maintenance: clean temporary files.
    public static let maintenanceCleanTemporaryFiles = JobName(rawValue: "maintenance.clean-temporary-files")
    /// maintenance: clean orphaned documents.
    public static let maintenanceCleanOrphanedDocuments = JobName(rawValue: "maintenance.clean-orphaned-documents")
    /// maintenance: generate health report.
    public static let maintenanceGenerateHealthReport = JobName(rawValue: "maintenance.generate-health-report")
    /// maintenance: clean old logs.
    public static let maintenanceCleanOldLogs = JobName(rawValue: "maintenance.clean-old-logs")
    /// maintenance: check disk space.
    public static let maintenanceCheckDiskSpace = JobName(rawValue: "maintenance.check-disk-space")

    /// analytics: generate daily.
    public static let analyticsGenerateDaily = JobName(rawValue: "analytics.generate-daily")
    /// analytics: generate weekly report.
    public static let analyticsGenerateWeeklyReport = JobName(rawValue: "analytics.generate-weekly-report")
    /// analytics: generate monthly summary.
    public static let analyticsGenerateMonthlySummary = JobName(rawValue: "analytics.generate-monthly-summary")
    /// analytics: monitor real time.
    public static let analyticsMonitorRealTime = JobName(rawValue: "analytics.monitor-real-time")

    /// Every job.
    public static let all: [JobName] = [
        .ticketsCacheRefresh, .ticketsCacheRefreshStale, .loyaltyNotifierNotify, .paymentsCleanupAbandoned, .paymentsHandleTimeouts,
        .paymentsCleanupOldFailed, .paymentsGenerateAnalytics, .bookingsCancelExpired, .bookingsProcessRefunds, .bookingsSendConfirmations,
        .bookingsCleanupOldCancelled, .bookingsGenerateDailyReport, .eventsUpdateStatuses, .eventsArchivePast, .eventsSendReminders,
        .eventsSendEarlyBirdReminders, .eventsGenerateAnalytics, .marketingSendWeeklyNewsletter, .marketingSendPromotions,
        .marketingSendBirthdayWishes, .marketingSendEventFollowUps, .marketingSendReEngagement, .marketingSendOrganizerAnalytics,
        .maintenanceCleanCache, .maintenanceCleanTemporaryFiles, .maintenanceCleanOrphanedDocuments, .maintenanceGenerateHealthReport,
        .maintenanceCleanOldLogs, .maintenanceCheckDiskSpace, .analyticsGenerateDaily, .analyticsGenerateWeeklyReport,
        .analyticsGenerateMonthlySummary, .analyticsMonitorRealTime,
    ]
}
