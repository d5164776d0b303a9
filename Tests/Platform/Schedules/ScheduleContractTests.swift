import Cron
import Foundation
import Testing

@testable import Schedules

@Suite("Contracts/schedules.yaml")
struct ScheduleContractTests {
    /// Every job of the ticketing company, when it is due and what becomes of a missed time.
    static let jobs: [(job: String, cron: String, misfire: MisfirePolicy)] = [
        ("tickets-cache.refresh", "*/5 * * * *", .latest),
        ("tickets-cache.refresh-stale", "0 * * * *", .latest),
        ("loyalty-notifier.notify", "*/5 * * * *", .latest),
        ("payments.cleanup-abandoned", "*/10 * * * *", .latest),
        ("payments.handle-timeouts", "*/5 * * * *", .latest),
        ("payments.cleanup-old-failed", "0 1 * * SUN", .latest),
        ("payments.generate-analytics", "0 0 * * *", .all),
        ("bookings.cancel-expired", "*/5 * * * *", .latest),
        ("bookings.process-refunds", "0 */2 * * *", .latest),
        ("bookings.send-confirmations", "*/10 * * * *", .latest),
        ("bookings.cleanup-old-cancelled", "0 2 * * *", .latest),
        ("bookings.generate-daily-report", "0 23 * * *", .all),
        ("events.update-statuses", "0 * * * *", .latest),
        ("events.archive-past", "0 2 * * *", .latest),
        ("events.send-reminders", "0 9 * * *", .latest),
        ("events.send-early-bird-reminders", "0 10 * * *", .latest),
        ("events.generate-analytics", "0 8 * * MON", .all),
        ("marketing.send-weekly-newsletter", "0 10 * * MON", .latest),
        ("marketing.send-promotions", "0 14 * * *", .latest),
        ("marketing.send-birthday-wishes", "0 9 * * *", .latest),
        ("marketing.send-event-follow-ups", "0 12 * * *", .all),
        ("marketing.send-re-engagement", "0 15 * * TUE", .latest),
        ("marketing.send-organizer-analytics", "0 8 1 * *", .all),
        ("maintenance.clean-cache", "0 */4 * * *", .latest),
        ("maintenance.clean-temporary-files", "0 3 * * *", .latest),
        ("maintenance.clean-orphaned-documents", "0 4 * * SUN", .latest),
        ("maintenance.generate-health-report", "0 6 * * *", .latest),
        ("maintenance.clean-old-logs", "0 2 * * MON", .latest),
        ("maintenance.check-disk-space", "0 * * * *", .latest),
        ("analytics.generate-daily", "0 23 * * *", .all),
        ("analytics.generate-weekly-report", "0 9 * * MON", .all),
        ("analytics.generate-monthly-summary", "0 8 1 * *", .all),
        ("analytics.monitor-real-time", "*/30 * * * *", .latest),
    ]

    @Test("The document has every job exactly once, at its time")
    func everyJob() throws {
        let schedules = try document().schedules
        #expect(schedules.map(\.job) == Self.jobs.map(\.job))
        for (schedule, expected) in zip(schedules, Self.jobs) {
            #expect(schedule.cron.text == expected.cron && schedule.misfire == expected.misfire, "\(schedule.job)")
            #expect(schedule.zone == nil, "\(schedule.job) is local to TIME_ZONE")
            #expect(schedule.description.hasSuffix("."), "\(schedule.job)")
        }
    }

    @Test("The document names the eight services that take ticks, and no other")
    func services() throws {
        let expected: Set = ["tickets-cache", "loyalty-notifier", "payments", "bookings", "events", "marketing", "maintenance", "analytics"]
        #expect(try Set(document().schedules.map(\.service)) == expected)
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func document() throws -> ScheduleFile {
        try ScheduleFile(yaml: String(contentsOf: Self.root.appending(path: "Contracts/schedules.yaml"), encoding: .utf8))
    }
}
