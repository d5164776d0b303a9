/// The name of a job, `service.job`: the same in ticks, routing keys, SQL, logs, metrics and Contracts/schedules.yaml.
public struct JobName: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The whole name.
    public let rawValue: String

    /// Any name, known here or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The service that runs it: the part before the dot.
    public var service: String { String(rawValue.prefix { $0 != "." }) }

    /// The whole name.
    public var description: String { rawValue }

    /// Whether a text has the form of a job name: two words of lower-case letters, digits and hyphens that begin with a
    /// letter, joined by a dot; at most 100 characters.
    public static func isWellFormed(_ text: String) -> Bool {
        guard text.utf8.count <= 100 else { return false }
        let words = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return words.count == 2
            && words.allSatisfy { word in
                guard let first = word.first, (0x61...0x7A).contains(first) else { return false }
                return word.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
            }
    }
}

extension JobName {
    /// Fetches the passes of users whose refresh is requested.
    public static let ticketsCacheRefresh = JobName(rawValue: "tickets-cache.refresh")
    /// Requests a refresh for users whose passes are old.
    public static let ticketsCacheRefreshStale = JobName(rawValue: "tickets-cache.refresh-stale")

    /// Notifies riders of their rewards.
    public static let loyaltyNotifierNotify = JobName(rawValue: "loyalty-notifier.notify")

    /// Abandons payments that were never sent to the gateway.
    public static let paymentsCleanupAbandoned = JobName(rawValue: "payments.cleanup-abandoned")
    /// Polls the gateway for payments that it has not reported.
    public static let paymentsHandleTimeouts = JobName(rawValue: "payments.handle-timeouts")
    /// Removes payments that failed long ago.
    public static let paymentsCleanupOldFailed = JobName(rawValue: "payments.cleanup-old-failed")
    /// Reports the payments of the day that ended.
    public static let paymentsGenerateAnalytics = JobName(rawValue: "payments.generate-analytics")

    /// Cancels bookings that were not paid in time.
    public static let bookingsCancelExpired = JobName(rawValue: "bookings.cancel-expired")
    /// Decides refund requests.
    public static let bookingsProcessRefunds = JobName(rawValue: "bookings.process-refunds")
    /// Mails confirmations.
    public static let bookingsSendConfirmations = JobName(rawValue: "bookings.send-confirmations")
    /// Removes bookings cancelled long ago.
    public static let bookingsCleanupOldCancelled = JobName(rawValue: "bookings.cleanup-old-cancelled")
    /// Reports the bookings of the 24 hours that ended.
    public static let bookingsGenerateDailyReport = JobName(rawValue: "bookings.generate-daily-report")

    /// Updates the statuses of events by time.
    public static let eventsUpdateStatuses = JobName(rawValue: "events.update-statuses")
    /// Archives events that are over.
    public static let eventsArchivePast = JobName(rawValue: "events.archive-past")
    /// Mails reminders of tomorrow's events.
    public static let eventsSendReminders = JobName(rawValue: "events.send-reminders")
    /// Mails reminders of events a week ahead.
    public static let eventsSendEarlyBirdReminders = JobName(rawValue: "events.send-early-bird-reminders")
    /// Reports the events of the week that ended.
    public static let eventsGenerateAnalytics = JobName(rawValue: "events.generate-analytics")

    /// Mails the newsletter.
    public static let marketingSendWeeklyNewsletter = JobName(rawValue: "marketing.send-weekly-newsletter")
    /// Promotes events that sell slowly.
    public static let marketingSendPromotions = JobName(rawValue: "marketing.send-promotions")
    /// Wishes a happy birthday.
    public static let marketingSendBirthdayWishes = JobName(rawValue: "marketing.send-birthday-wishes")
    /// Asks attendees how it was.
    public static let marketingSendEventFollowUps = JobName(rawValue: "marketing.send-event-follow-ups")
    /// Mails users who stayed away.
    public static let marketingSendReEngagement = JobName(rawValue: "marketing.send-re-engagement")
    /// Reports to organizers on the month that ended.
    public static let marketingSendOrganizerAnalytics = JobName(rawValue: "marketing.send-organizer-analytics")

    /// Removes cache rows and bookkeeping that are no longer needed.
    public static let maintenanceCleanCache = JobName(rawValue: "maintenance.clean-cache")
    /// Removes temporary files.
    public static let maintenanceCleanTemporaryFiles = JobName(rawValue: "maintenance.clean-temporary-files")
    /// Removes documents that no row names.
    public static let maintenanceCleanOrphanedDocuments = JobName(rawValue: "maintenance.clean-orphaned-documents")
    /// Reports on memory, uptime and backlog.
    public static let maintenanceGenerateHealthReport = JobName(rawValue: "maintenance.generate-health-report")
    /// Removes old logs.
    public static let maintenanceCleanOldLogs = JobName(rawValue: "maintenance.clean-old-logs")
    /// Watches the disk.
    public static let maintenanceCheckDiskSpace = JobName(rawValue: "maintenance.check-disk-space")

    /// Reports the 24 hours that ended.
    public static let analyticsGenerateDaily = JobName(rawValue: "analytics.generate-daily")
    /// Reports the week that ended.
    public static let analyticsGenerateWeeklyReport = JobName(rawValue: "analytics.generate-weekly-report")
    /// Reports the month that ended.
    public static let analyticsGenerateMonthlySummary = JobName(rawValue: "analytics.generate-monthly-summary")
    /// Watches the last 30 minutes.
    public static let analyticsMonitorRealTime = JobName(rawValue: "analytics.monitor-real-time")

    /// Every job.
    public static let all: [JobName] = [
        .ticketsCacheRefresh, .ticketsCacheRefreshStale,
        .loyaltyNotifierNotify,
        .paymentsCleanupAbandoned, .paymentsHandleTimeouts, .paymentsCleanupOldFailed, .paymentsGenerateAnalytics,
        .bookingsCancelExpired, .bookingsProcessRefunds, .bookingsSendConfirmations, .bookingsCleanupOldCancelled, .bookingsGenerateDailyReport,
        .eventsUpdateStatuses, .eventsArchivePast, .eventsSendReminders, .eventsSendEarlyBirdReminders, .eventsGenerateAnalytics,
        .marketingSendWeeklyNewsletter, .marketingSendPromotions, .marketingSendBirthdayWishes, .marketingSendEventFollowUps,
        .marketingSendReEngagement, .marketingSendOrganizerAnalytics,
        .maintenanceCleanCache, .maintenanceCleanTemporaryFiles, .maintenanceCleanOrphanedDocuments, .maintenanceGenerateHealthReport,
        .maintenanceCleanOldLogs, .maintenanceCheckDiskSpace,
        .analyticsGenerateDaily, .analyticsGenerateWeeklyReport, .analyticsGenerateMonthlySummary, .analyticsMonitorRealTime,
    ]
}
