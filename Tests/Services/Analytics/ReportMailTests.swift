import Contracts
import Foundation
import Platform
import Postgres
import Support
import Testing

@testable import Analytics

@Suite("Mails with reports")
struct ReportMailTests {
    private static let recipients = ["REPORT_RECIPIENTS": "Ann <ann@example.org>, ops@example.org"]
    private static let end = "2026-11-25T23:00:00Z"

    private func open(replicas: Int = 1, _ body: @Sendable @escaping (AnalyticsFixture) async throws -> Void) async throws {
        try await AnalyticsFixture.open(at: Self.end, replicas: replicas, settings: Self.recipients) { analytics in
            try await analytics.event(1, title: "Opera", starts: "2026-12-24")
            try await analytics.booking(1, created: "2026-11-24T10:00:00Z", confirmed: "2026-11-24T10:00:00Z")
            try await analytics.booking(2, created: "2026-11-25T10:00:00Z", confirmed: "2026-11-25T10:00:00Z", quantity: 3)
            try await analytics.booking(3, created: "2026-11-25T11:00:00Z", confirmed: "2026-11-25T11:00:00Z")
            try await body(analytics)
        }
    }

    @Test("A report is mailed once to each recipient, with its change against the day before, however often it is made")
    func once() async throws {
        try await open(replicas: 2) { analytics in
            try await analytics.report(.analyticsGenerateDaily, at: "2026-11-24T23:00:00Z")
            for _ in 1...3 { try await analytics.report(.analyticsGenerateDaily, at: Self.end) }
            try await analytics.environment.publish(
                AnalyticsFixture.details(1, 1).succeeded(at: "2026-11-25T12:00:00Z"))
            try await analytics.facts(1)
            try await analytics.report(.analyticsGenerateDaily, at: Self.end)
            try await analytics.environment.eventually("select count(*)::int from analytics.deliveries where status <> 'queued'", 4)
            let mails = try await analytics.stubs.mails(to: "ann@example.org").filter { $0.subject == "Daily report 2026-11-25" }
            #expect(mails.count == 1)
            let mail = try #require(mails.first)
            #expect(mail.text?.contains("Bookings confirmed: 2 (+100 %)") == true, "\(mail.text ?? "")")
            #expect(mail.text?.contains("Tickets: 4 (+300 %)") == true)
            #expect(mail.text?.contains("Bookings confirmed, by day: 24 – 1; 25 – 2") == true)
            #expect(try await analytics.stubs.mails(to: "ops@example.org").count == 2)
        }
    }

    @Test("The chart is an inline part beside the HTML, which names it by its Content-ID, with the figures as its alternative text")
    func structure() async throws {
        try await open { analytics in
            try await analytics.report(.analyticsGenerateDaily, at: Self.end)
            try await analytics.environment.eventually("a mail has arrived") { try await analytics.stubs.mails(to: "ann@example.org").count == 1 }
            let mail = try #require(try await analytics.stubs.mails(to: "ann@example.org").first)
            let html = try #require(mail.html)
            let source = try #require(html.firstMatch(of: /<img src="cid:([^"]+)" width="520" height="200" alt="([^"]+)"/))
            #expect(source.2.contains("25 – 2"))
            let raw = mail.raw
            let order = ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png", "Content-ID: <\(source.1)>"]
            let places = order.compactMap { raw.range(of: $0)?.lowerBound }
            #expect(places.count == order.count && places == places.sorted())
            #expect(raw.contains("Content-Disposition: inline\r\n") && !raw.contains("filename") && !raw.contains("multipart/mixed"))
            #expect(raw.utf8.count < 60_000)
        }
    }

    @Test("A dry run, and a report that a backfill asks for, mail nobody")
    func silent() async throws {
        try await open { analytics in
            try await analytics.report(.analyticsGenerateDaily, at: Self.end, dryRun: true)
            let tick = try await analytics.environment.tick(
                .analyticsGenerateWeeklyReport, at: AnalyticsFixture.instant("2026-11-23T09:00:00Z"), trigger: .manual, parameters: ["mail": "no"],
                misfire: .all)
            #expect(try await analytics.environment.ended(tick).outcome == .succeeded)
            #expect(try await analytics.environment.value("select count(*)::int from analytics.deliveries", as: Int.self) == 0)
        }
    }

    @Test("Weekly and monthly reports are mailed too")
    func others() async throws {
        try await open { analytics in
            try await analytics.report(.analyticsGenerateWeeklyReport, at: "2026-11-30T09:00:00Z")
            try await analytics.report(.analyticsGenerateMonthlySummary, at: "2026-12-01T08:00:00Z")
            try await analytics.environment.eventually("two mails have arrived") { try await analytics.stubs.mails(to: "ann@example.org").count == 2 }
            let subjects = try await analytics.stubs.mails(to: "ann@example.org").compactMap(\.subject)
            #expect(Set(subjects) == ["Weekly report 2026-11-23 – 2026-11-30", "Monthly summary 2026-11"])
        }
    }
}

extension PaymentDetails {
    fileprivate func succeeded(at instant: String) throws -> PaymentSucceeded {
        try PaymentSucceeded(self, paidAt: AnalyticsFixture.instant(instant))
    }
}
