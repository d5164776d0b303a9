import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Analytics

@Suite("analytics.monitor-real-time")
struct MonitorRealTimeTests {
    private static let settings = ["REPORT_RECIPIENTS": "ann@example.org", "MONITOR_BOOKINGS_LIMIT": "10", "MONITOR_PAYMENTS_LIMIT": "10"]

    /// Bookings at an instant.
    private func book(_ analytics: AnalyticsFixture, _ count: Int, at instant: String) async throws {
        try await analytics.environment.database.execute(
            """
            insert into bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, created_at)
            select gen_random_uuid()::text, n, 1, 1, 100, 'EUR', $2 from generate_series(1, $1) n
            """, count, AnalyticsFixture.instant(instant))
    }

    private func alerts(_ analytics: AnalyticsFixture) async throws -> [String] {
        try await analytics.environment.database.query(
            "select concat_ws(' ', kind, subject, case when until is null then 'open' else 'over' end) from operations.alerts order by id",
            as: String.self)
    }

    @Test("The half hour is compared with the same half hour by the local clock of the last four weeks, over a change of clocks")
    func usual() async throws {
        try await AnalyticsFixture.open(at: "2026-11-02T12:30:00Z", zone: "Europe/Madrid", settings: Self.settings) { analytics in
            try await analytics.user(1, created: "2020-01-01", active: "2026-11-02T12:10:00Z")
            try await analytics.user(2, created: "2020-01-01", active: "2026-11-02T11:59:59Z")
            // 13:00 to 13:30 in Madrid; until 25 October that is an hour earlier in UTC.
            for (day, hour, count) in [("11-02", "12", 3), ("10-26", "12", 8), ("10-19", "11", 4), ("10-12", "11", 2), ("10-05", "11", 2)] {
                try await book(analytics, count, at: "2026-\(day)T\(hour):15:00Z")
                try await book(analytics, 50, at: "2026-\(day)T\(hour):30:00Z")
            }
            #expect(
                try await analytics.report(.analyticsMonitorRealTime, from: "2026-11-02T12:00:00Z", at: "2026-11-02T12:30:00Z").outcome == .succeeded)
            #expect(
                try await analytics.body("realtime", endedAt: "2026-11-02T12:30:00Z")
                    == #"{"usual": {"bookings": 4, "payments": 0}, "bookings": 3, "payments": {"failed": 0, "succeeded": 0}, "warnings": [], "activeUsers": 3}"#
            )
            #expect(try await alerts(analytics) == [])
            #expect(try await analytics.environment.value("select count(*)::int from analytics.activity", as: Int.self) == 2)
        }
    }

    /// A half hour that ends where a time comes twice, one that came twice, and one that a change of half an hour skipped.
    @Test(
        "A half hour of a week with a change of clocks is half an hour long",
        arguments: [
            ("Europe/Madrid", "2026-11-01T00:30:00Z", "2026-10-24T23:30:00Z"), ("Europe/Madrid", "2026-11-01T01:00:00Z", "2026-10-25T01:00:00Z"),
            ("Australia/Lord_Howe", "2026-10-10T15:00:00Z", "2026-10-03T15:30:00Z"),
            ("Australia/Lord_Howe", "2026-10-10T15:30:00Z", "2026-10-03T15:30:00Z"),
            ("America/Santiago", "2026-09-13T03:00:00Z", "2026-09-06T04:00:00Z"),
        ])
    func halfHour(_ zone: String, _ start: String, _ weekBefore: String) async throws {
        let end = try RFC3339.string(from: AnalyticsFixture.instant(start) + 1800)
        try await AnalyticsFixture.open(at: end, zone: zone, settings: Self.settings) { analytics in
            let before = try AnalyticsFixture.instant(weekBefore)
            for (offset, count) in [(-1, 20.0), (0, 8), (1799, 4), (1800, 30)] as [(Double, Double)] {
                try await book(analytics, Int(count), at: RFC3339.string(from: before + offset))
            }
            try await analytics.report(.analyticsMonitorRealTime, from: start, at: end)
            #expect(try await analytics.figure("usual.bookings", of: "realtime") == "3")
        }
    }

    @Test("An incident over two restarts of the service is mailed once when it begins and once when it is over")
    func restarts() async throws {
        try await AnalyticsFixture.open(at: "2026-11-02T12:30:00Z", replicas: 0, settings: Self.settings) { analytics in
            for (minute, count) in [("10:00", 11), ("10:30", 20), ("12:30", 5)] { try await book(analytics, count, at: "2026-11-02T\(minute):01Z") }
            let settings = analytics.stubs.settings.merging(Self.settings) { $1 }
            for (from, to, expected) in [
                ("10:00", "10:30", "sales-volume bookings open"), ("10:30", "11:00", "sales-volume bookings open"),
                ("12:30", "13:00", "sales-volume bookings over"),
            ] {
                try await analytics.environment.with(Analytics.self, settings: settings) { _ in
                    try await analytics.report(.analyticsMonitorRealTime, from: "2026-11-02T\(from):00Z", at: "2026-11-02T\(to):00Z")
                    #expect(try await alerts(analytics) == [expected])
                    try await analytics.environment.eventually("select count(*)::int from analytics.deliveries where status <> 'sent'", 0)
                }
            }
            let subjects = try await analytics.stubs.mails(to: "ann@example.org").compactMap(\.subject)
            #expect(subjects.sorted() == ["Alert: sales-volume, bookings", "Over: sales-volume, bookings"])
        }
    }

    @Test("An incident is mailed once when it begins and once when it is over; a figure that wavers around its limit is one incident")
    func incident() async throws {
        try await AnalyticsFixture.open(at: "2026-11-02T12:30:00Z", settings: Self.settings) { analytics in
            for (minute, count) in [("10:00", 5), ("10:30", 11), ("11:00", 9), ("11:30", 12), ("12:00", 10), ("12:30", 8), ("13:00", 11)] {
                try await book(analytics, count, at: "2026-11-02T\(minute):01Z")
            }
            for (from, to, expected) in [
                ("10:00", "10:30", []), ("10:30", "11:00", ["sales-volume bookings open"]), ("11:00", "11:30", ["sales-volume bookings open"]),
                ("11:30", "12:00", ["sales-volume bookings open"]), ("12:00", "12:30", ["sales-volume bookings open"]),
                ("12:30", "13:00", ["sales-volume bookings over"]), ("13:00", "13:30", ["sales-volume bookings over", "sales-volume bookings open"]),
            ] {
                for _ in 1...2 {
                    try await analytics.report(.analyticsMonitorRealTime, from: "2026-11-02T\(from):00Z", at: "2026-11-02T\(to):00Z")
                }
                #expect(try await alerts(analytics) == expected, "\(to)")
            }
            try await analytics.environment.eventually("select count(*)::int from analytics.deliveries where status = 'sent'", 3)
            let mails = try await analytics.stubs.mails(to: "ann@example.org")
            #expect(
                Set(mails.compactMap(\.subject)) == ["Alert: sales-volume, bookings", "Over: sales-volume, bookings"])
            #expect(mails.count == 3)
            #expect(mails.first?.text?.contains("11 bookings in half an hour, more than 10") == true)
        }
    }

    @Test("Silence is an alert in an hour that always had bookings, and is over when something is booked; where weeks had none it is usual")
    func silence() async throws {
        try await AnalyticsFixture.open(at: "2026-11-02T12:30:00Z", settings: Self.settings) { analytics in
            for day in ["10-26", "10-19", "10-12", "10-05"] { try await book(analytics, 1, at: "2026-\(day)T12:05:00Z") }
            for day in ["10-26", "10-19", "10-12"] { try await book(analytics, 1, at: "2026-\(day)T15:05:00Z") }
            try await analytics.report(.analyticsMonitorRealTime, from: "2026-11-02T15:30:00Z", at: "2026-11-02T16:00:00Z")
            #expect(try await alerts(analytics) == [])
            try await analytics.report(.analyticsMonitorRealTime, from: "2026-11-02T12:30:00Z", at: "2026-11-02T13:00:00Z")
            #expect(try await alerts(analytics) == ["sales-silence silence open"])
            #expect(try await analytics.figure("warnings", of: "realtime")?.contains("no booking in an hour") != nil)
            // Nothing is booked and nothing is usual: no evidence that it is over.
            try await analytics.report(.analyticsMonitorRealTime, from: "2026-11-02T13:30:00Z", at: "2026-11-02T14:00:00Z")
            #expect(try await alerts(analytics) == ["sales-silence silence open"])
            try await book(analytics, 1, at: "2026-11-02T14:10:00Z")
            try await analytics.report(.analyticsMonitorRealTime, from: "2026-11-02T14:00:00Z", at: "2026-11-02T14:30:00Z")
            #expect(try await alerts(analytics) == ["sales-silence silence over"])
        }
    }

    @Test("A dry run opens no alert and mails nobody")
    func dryRun() async throws {
        try await AnalyticsFixture.open(at: "2026-11-02T12:30:00Z", settings: Self.settings) { analytics in
            try await book(analytics, 20, at: "2026-11-02T12:15:00Z")
            try await analytics.report(.analyticsMonitorRealTime, from: "2026-11-02T12:00:00Z", at: "2026-11-02T12:30:00Z", dryRun: true)
            #expect(try await alerts(analytics) == [])
            #expect(try await analytics.environment.value("select count(*)::int from analytics.reports", as: Int.self) == 0)
        }
    }
}
