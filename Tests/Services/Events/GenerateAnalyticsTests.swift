import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Events

@Suite("events.generate-analytics")
struct GenerateAnalyticsTests {
    private static let berlin = "Europe/Berlin"
    /// Mondays, 08:00 in Berlin. Clocks go back on 25 October, so one of these weeks has 169 hours.
    private static let mondays = [
        "2026-10-05T06:00:00Z", "2026-10-12T06:00:00Z", "2026-10-19T06:00:00Z", "2026-10-26T07:00:00Z", "2026-11-02T07:00:00Z",
    ]

    /// A report's row.
    private struct Report: Decodable, Sendable {
        let periodStart: Date
        let periodEnd: Date
        let body: Body

        struct Body: Decodable, Sendable {
            let newEvents: Int
            let completedEvents: Int
            let bookings: Int
            let tickets: Int
            let revenue: [String: Int]
            let events: [Line]
        }

        struct Line: Decodable, Sendable, Equatable {
            let eventId: Int
            let title: String?
            let bookings: Int
            let tickets: Int
            let revenue: [String: Int]
            let ticketsHeld: Int
            let totalTickets: Int?
            let fillRate: Double?
        }
    }

    private func reports(_ environment: TestEnvironment) async throws -> [Report] {
        try await environment.database.query(
            "select period_start, period_end, body from events.reports where kind = 'weekly' order by period_start", as: Report.self)
    }

    /// A booking every 40 minutes through October and beyond, of three events, in two currencies, confirmed five minutes later.
    private func autumn(_ environment: TestEnvironment) async throws {
        for (id, tickets) in [(1, 1000), (2, 500), (3, 0)] {
            try await environment.event(id, starts: "2026-12-01T20:00:00Z", tickets: tickets, created: "2026-10-0\(id + 4)T06:00:00Z")
        }
        try await environment.database.execute(
            """
            insert into bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at, cancelled_at)
            select 'B-' || n, 1, 1 + n % 3, 1 + n % 4, 1000 + n, (array['EUR', 'USD'])[1 + n % 2],
                   case when n % 5 = 0 then 'cancelled' else 'confirmed' end, at, at + interval '5 minutes',
                   case when n % 5 = 0 then at + interval '3 days' end
            from (select n, $1::timestamptz + n * interval '40 minutes' as at from generate_series(1, 1400) n) moments
            """, Date("2026-10-01T00:00:00Z"))
    }

    @Test("Weeks tile: the reports of four weeks add up to one query over them all, in a zone whose clocks change")
    func tile() async throws {
        try await TestEnvironment.events(at: "2026-11-10T00:00:00Z", zone: Self.berlin) { environment, _ in
            try await autumn(environment)
            for monday in Self.mondays.dropFirst() {
                _ = try await environment.ended(try await environment.tick(.eventsGenerateAnalytics, at: Date(monday)))
            }
            let reports = try await reports(environment)
            let mondays = try Self.mondays.map(Date.init(_:))
            #expect(reports.map(\.periodStart) == Array(mondays.dropLast()))
            #expect(reports.map(\.periodEnd) == Array(mondays.dropFirst()))
            #expect(reports.map { Int($0.periodEnd.timeIntervalSince($0.periodStart)) / 3600 } == [168, 168, 169, 168])

            struct Sum: Decodable, Sendable, Equatable {
                let bookings: Int
                let tickets: Int
                let euros: Int
                let dollars: Int
            }
            let month = try await environment.value(
                """
                select count(*) as bookings, sum(quantity) as tickets, sum(total_amount) filter (where currency = 'EUR')::bigint as euros,
                       sum(total_amount) filter (where currency = 'USD')::bigint as dollars
                from bookings.bookings where confirmed_at >= $1 and confirmed_at < $2
                """, as: Sum.self, Date(Self.mondays[0]), Date(Self.mondays[4]))
            let weeks = Sum(
                bookings: reports.reduce(0) { $0 + $1.body.bookings }, tickets: reports.reduce(0) { $0 + $1.body.tickets },
                euros: reports.reduce(0) { $0 + ($1.body.revenue["EUR"] ?? 0) }, dollars: reports.reduce(0) { $0 + ($1.body.revenue["USD"] ?? 0) })
            #expect(month == weeks)
            #expect(reports.map(\.body.newEvents) == [3, 0, 0, 0])
            for body in reports.map(\.body) {
                #expect(body.events.reduce(0) { $0 + $1.tickets } == body.tickets)
                #expect(body.events.reduce(0) { $0 + ($1.revenue["EUR"] ?? 0) } == body.revenue["EUR"])
            }
        }
    }

    @Test("A report that is made again, later, says the same")
    func again() async throws {
        try await TestEnvironment.events(at: "2026-10-12T06:00:00Z", zone: Self.berlin) { environment, _ in
            try await autumn(environment)
            let monday = try Date("2026-10-12T06:00:00Z")
            _ = try await environment.ended(try await environment.tick(.eventsGenerateAnalytics, at: monday))
            let first = try #require(try await reports(environment).first)
            try await environment.database.execute(
                "update bookings.bookings set status = 'cancelled', cancelled_at = $1 where id < 50 and cancelled_at is null", monday)
            environment.clock.set(try Date("2026-10-15T00:00:00Z"))
            _ = try await environment.run(.eventsGenerateAnalytics)
            let reports = try await reports(environment)
            #expect(reports.count == 1)
            #expect(reports.first?.periodEnd == monday)
            #expect(reports.first?.body.events == first.body.events)
        }
    }

    @Test("A week has its new and completed events, and each event its sales per currency and how full it is, also when it has no tickets")
    func figures() async throws {
        try await TestEnvironment.events(at: "2026-11-16T08:00:00Z") { environment, _ in
            try await environment.event(1, starts: "2026-12-01T20:00:00Z", title: "New", tickets: 40, created: "2026-11-09T08:00:00Z")
            try await environment.event(
                2, starts: "2026-11-10T20:00:00Z", title: "Over", tickets: 0, status: "completed", completed: "2026-11-11T00:00:00Z")
            try await environment.event(3, starts: "2026-12-01T20:00:00Z", title: "Quiet")
            try await environment.event(4, starts: "2026-12-01T20:00:00Z", title: "Newer", created: "2026-11-16T08:00:00Z")
            try await environment.bookings(1...2, of: 1, quantity: 3, created: "2026-11-10T00:00:00Z")
            try await environment.bookings(3...3, of: 1, quantity: 4, status: "pending", created: "2026-11-16T07:59:00Z")
            try await environment.bookings(4...4, of: 1, quantity: 9, created: "2026-11-16T08:00:00Z")
            try await environment.database.execute("update bookings.bookings set total_amount = 1200, currency = 'USD' where id = 2")
            let run = try await environment.run(.eventsGenerateAnalytics)
            #expect(run.outcome == .succeeded)
            let report = try #require(try await reports(environment).first)
            #expect(report.body.newEvents == 1)
            #expect(report.body.completedEvents == 1)
            #expect(report.body.revenue == ["EUR": 0, "USD": 1200])
            #expect(
                report.body.events == [
                    .init(
                        eventId: 1, title: "New", bookings: 2, tickets: 6, revenue: ["EUR": 0, "USD": 1200], ticketsHeld: 10, totalTickets: 40,
                        fillRate: 0.25),
                    .init(eventId: 2, title: "Over", bookings: 0, tickets: 0, revenue: [:], ticketsHeld: 0, totalTickets: 0, fillRate: nil),
                ])
        }
    }

    @Test("Bookings of an event that does not exist are reported on the run, and the report is made")
    func unknownEvent() async throws {
        try await TestEnvironment.events(at: "2026-11-16T08:00:00Z") { environment, _ in
            try await environment.bookings(1...1, of: 404, created: "2026-11-10T00:00:00Z")
            let run = try await environment.run(.eventsGenerateAnalytics)
            #expect(run.outcome == .partial)
            #expect(run.details.contains(#"{"row": "event 404", "error": "it does not exist, but bookings of it were confirmed"}"#))
            let report = try #require(try await reports(environment).first)
            #expect(report.body.bookings == 1)
        }
    }

    @Test("A dry run makes no report")
    func dryRun() async throws {
        try await TestEnvironment.events(at: "2026-11-16T08:00:00Z") { environment, _ in
            #expect(try await environment.run(.eventsGenerateAnalytics, dryRun: true).processed == 1)
            let reports = try await reports(environment)
            #expect(reports.isEmpty)
        }
    }
}
