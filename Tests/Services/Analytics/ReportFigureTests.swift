import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Analytics

/// Every figure against a query of its own over the tables of the owners.
@Suite("Every figure equals an independent query")
struct ReportFigureTests {
    /// Expects a figure of the report to be what a statement about the period $1 to $2 returns.
    private func expect(
        _ analytics: AnalyticsFixture, _ path: String, of kind: String, equals statement: String, from start: String, to end: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let expected =
            try await analytics.environment.database.query(
                SQL(file: "select (\(statement))::text"), as: String?.self, AnalyticsFixture.instant(start), AnalyticsFixture.instant(end)
            ).first ?? nil
        let found = try await analytics.figure(path, of: kind)
        #expect(found == expected, "\(path) of \(kind)", sourceLocation: sourceLocation)
    }

    private func open(at now: String, _ body: @Sendable @escaping (AnalyticsFixture) async throws -> Void) async throws {
        try await AnalyticsFixture.open(at: now, zone: "Europe/Madrid") { analytics in
            try await GeneratedCompany.insert(analytics.environment)
            try await body(analytics)
        }
    }

    private static func within(_ column: String) -> String { "\(column) >= $1 and \(column) < $2" }
    private static let bookings =
        "(select confirmed_at, created_at, user_id, event_id, quantity, total_amount, currency, cancelled_at from bookings.bookings union all select confirmed_at, created_at, user_id, event_id, quantity, total_amount, currency, cancelled_at from bookings.removed_bookings) b"
    private static func money(_ rows: String) -> String {
        "select coalesce(jsonb_object_agg(currency, amount), '{}') from (select currency, sum(amount) as amount from \(rows) group by currency) m"
    }

    @Test("of the week, on whose Sunday the clocks change, against the week before")
    func weekly() async throws {
        let (start, end) = ("2026-10-19T07:00:00Z", "2026-10-26T08:00:00Z")
        try await open(at: end) { analytics in
            #expect(try await analytics.report(.analyticsGenerateWeeklyReport, at: end).outcome == .succeeded)
            let confirmed = "from \(Self.bookings) where \(Self.within("confirmed_at"))"
            for (path, statement) in [
                ("bookings", "select count(*) \(confirmed)"), ("tickets", "select sum(quantity) \(confirmed)"),
                ("revenue", Self.money("payments.payments where status = 'succeeded' and \(Self.within("paid_at"))")),
                ("refunds", Self.money("payments.refunds where \(Self.within("settled_at"))")),
                ("payments.succeeded", "select count(*) from payments.payments where status = 'succeeded' and \(Self.within("paid_at"))"),
                ("payments.failed", "select count(*) from payments.payments where \(Self.within("failed_at"))"),
                ("customers.booking", "select count(distinct user_id) \(confirmed)"),
                ("customers.bookingsPerCustomer", "select round(count(*)::numeric / count(distinct user_id), 4) \(confirmed)"),
                (
                    "customers.spendPerCustomer",
                    "select jsonb_object_agg(currency, a) from (select currency, round(sum(total_amount)::numeric / count(distinct user_id)) as a \(confirmed) group by currency) s"
                ),
                ("users.new", "select count(*) from storefront.users where \(Self.within("created_at"))"),
                ("users.total", "select count(*) from storefront.users where created_at < $2 and $1::timestamptz is not null"),
                (
                    "days",
                    """
                    select jsonb_agg(jsonb_build_object('day', day, 'bookings', bookings, 'tickets', tickets, 'revenue', revenue) order by day)
                    from (select (confirmed_at at time zone 'Europe/Madrid')::date as day, count(*) as bookings, sum(quantity) as tickets
                          \(confirmed) group by 1) d
                         join (select day, jsonb_object_agg(currency, amount) as revenue
                               from (select (paid_at at time zone 'Europe/Madrid')::date as day, currency, sum(amount) as amount
                                     from payments.payments where status = 'succeeded' and \(Self.within("paid_at")) group by 1, 2) m group by day) r using (day)
                    """
                ),
                (
                    "fillRates",
                    """
                    select jsonb_agg(jsonb_build_object('eventId', e.id, 'title', e.title, 'tickets', coalesce(h.held, 0), 'totalTickets', e.total_tickets,
                               'fillRate', round(coalesce(h.held, 0)::numeric / nullif(e.total_tickets, 0), 4)) order by e.id)
                    from events.events e
                         left join (select event_id, sum(quantity) as held from \(Self.bookings)
                                    where created_at < $2 and (cancelled_at is null or cancelled_at >= $2) group by event_id) h on h.event_id = e.id
                    where e.id in (select event_id \(confirmed))
                    """
                ),
                (
                    "growth.bookings",
                    """
                    select round((n - o)::numeric / o, 4) from (select count(*) as n \(confirmed)) t,
                           (select count(*) as o from \(Self.bookings) where confirmed_at >= $1 - interval '7 days' and confirmed_at < $1) b
                    """
                ),
            ] { try await expect(analytics, path, of: "weekly", equals: statement, from: start, to: end) }
        }
    }

    @Test("of the calendar month, from midnight to midnight in the schedule's zone")
    func monthly() async throws {
        let (start, end) = ("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z")
        try await open(at: "2026-11-01T07:00:00Z") { analytics in
            #expect(try await analytics.report(.analyticsGenerateMonthlySummary, at: "2026-11-01T07:00:00Z").outcome == .succeeded)
            let confirmed = "from \(Self.bookings) where \(Self.within("confirmed_at"))"
            for (path, statement) in [
                ("bookings", "select count(*) \(confirmed)"), ("tickets", "select sum(quantity) \(confirmed)"),
                ("revenue", Self.money("payments.payments where status = 'succeeded' and \(Self.within("paid_at"))")),
                ("refunds", Self.money("payments.refunds where \(Self.within("settled_at"))")),
                ("events.new", "select count(*) from events.events where \(Self.within("created_at"))"),
                ("events.completed", "select count(*) from events.events where \(Self.within("completed_at"))"),
                ("users.new", "select count(*) from storefront.users where \(Self.within("created_at"))"),
                (
                    "categories",
                    """
                    select jsonb_agg(jsonb_build_object('category', category, 'tickets', tickets, 'revenue', revenue) order by tickets desc, category)
                    from (select category, sum(tickets) as tickets, jsonb_object_agg(currency, amount) as revenue
                          from (select category, b.currency, sum(quantity) as tickets, sum(total_amount) as amount
                                from \(Self.bookings) join events.events e on e.id = b.event_id where \(Self.within("confirmed_at")) group by 1, 2) c
                          group by category) g
                    """
                ),
                (
                    "growth.tickets",
                    """
                    select round((n - o)::numeric / o, 4) from (select sum(quantity) as n \(confirmed)) t,
                           (select sum(quantity) as o from \(Self.bookings) where confirmed_at >= '2026-08-31 22:00Z' and confirmed_at < $1) b
                    """
                ),
            ] { try await expect(analytics, path, of: "monthly", equals: statement, from: start, to: end) }
            #expect(try await analytics.figure("growth.revenue.JPY", of: "monthly") != nil)
        }
    }

    @Test("Thirty-one daily reports of 23:00 to 23:00, one of them of 25 hours, add up to one query over the same span")
    func dailyReportsTile() async throws {
        let (start, end) = ("2026-09-30T21:00:00Z", "2026-10-31T22:00:00Z")
        try await open(at: end) { analytics in
            var due = try AnalyticsFixture.instant(start)
            for day in 1...31 {
                due += day == 25 ? 25 * 3600 : 24 * 3600
                let instant = RFC3339.string(from: due)
                #expect(try await analytics.report(.analyticsGenerateDaily, at: instant).outcome == .succeeded)
            }
            let spans = try await analytics.environment.database.query(
                "select count(*)::int from analytics.reports where period_end - period_start = interval '25 h'", as: Int.self)
            #expect(spans == [1])
            let confirmed = "from \(Self.bookings) where \(Self.within("confirmed_at"))"
            for (figure, statement) in [
                ("{bookings,created}", "select count(*) from \(Self.bookings) where \(Self.within("created_at"))"),
                ("{bookings,confirmed}", "select count(*) \(confirmed)"), ("{bookings,tickets}", "select sum(quantity) \(confirmed)"),
                ("{payments,abandoned}", "select count(*) from payments.payments where \(Self.within("abandoned_at"))"),
                ("{users,new}", "select count(*) from storefront.users where \(Self.within("created_at"))"),
                ("{events,completed}", "select count(*) from events.events where \(Self.within("completed_at"))"),
                (
                    "{revenue,EUR}",
                    "select sum(amount) from payments.payments where currency = 'EUR' and status = 'succeeded' and \(Self.within("paid_at"))"
                ),
                ("{refunds,JPY}", "select sum(amount) from payments.refunds where currency = 'JPY' and \(Self.within("settled_at"))"),
            ] {
                let sums = try await analytics.environment.database.query(
                    SQL(
                        file:
                            "select (select sum((body #>> '\(figure)')::bigint)::bigint from analytics.reports) as sum, (\(statement))::bigint as whole"
                    ),
                    as: Pair.self, AnalyticsFixture.instant(start), AnalyticsFixture.instant(end))
                #expect(sums.first.map { $0.sum == $0.whole } == true, "\(figure): \(sums)")
            }
        }
    }

    private struct Pair: Decodable, Sendable {
        let sum: Int
        let whole: Int
    }
}
