import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Analytics

@Suite("Periods of reports")
struct ReportPeriodTests {
    private static let day: TimeInterval = 86_400

    private static func seconds(_ text: String) throws -> Date { try AnalyticsFixture.instant(text) }

    /// The zones of the database whose clocks change in 2026.
    private static func changingZones() throws -> [CronZone] {
        let table = try String(contentsOfFile: CronZone.databaseFolder + "/zone1970.tab", encoding: .utf8)
        let names = table.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: "\t").dropFirst(2).first }
        return try names.map { try CronZone(String($0)) }.filter { zone in
            let offsets = try (0..<365).map { zone.offset(at: try seconds("2026-01-01") + Double($0) * day) }
            return Set(offsets).count > 1
        }
    }

    @Test("Days tile the year, and months do, in every zone whose clocks change in it: each day has one report, each month begins on its 1st")
    func everyZone() throws {
        let zones = try Self.changingZones()
        #expect(zones.count > 50 && zones.contains { $0.identifier == "America/Santiago" })
        #expect(zones.contains { $0.identifier == "Australia/Lord_Howe" })
        let cron = try CronExpression("0 23 * * *")
        for zone in zones {
            // 2026-01-01 and 2027-01-01, counted from 1970-01-01.
            let (first, end) = (20_454, 20_819)
            let due = Array(cron.fireTimes(after: zone.start(ofDay: first), through: zone.start(ofDay: end), in: zone))
            // In Nuuk the 23:00 of a day does not exist: its report is due at midnight.
            #expect(due.map { zone.day(at: $0 - 1) } == Array(first..<end), "\(zone)")

            var month = ReportMonth(endedBy: zone.start(ofDay: end), in: zone)
            for _ in 1...12 {
                let before = month.before(in: zone)
                #expect(before.period.end == month.period.start, "\(zone)")
                #expect(zone.day(at: month.period.start) == zone.day(at: month.period.start - 1) + 1, "\(zone)")
                month = before
            }
            #expect(month.period.end == zone.start(ofDay: first), "\(zone)")

            for (start, end) in zip(due, due.dropFirst(7)) {
                let days = ReportDays(of: ReportPeriod(start: start, end: end), in: zone)
                #expect(days.starts.first == start && (7...8).contains(days.names.count), "\(zone)")
                for begin in days.starts.dropFirst() { #expect(zone.day(at: begin) == zone.day(at: begin - 1) + 1, "\(zone) \(begin)") }
            }
        }
    }

    @Test("A daily report is called by its day, also where 23:00 does not exist and it is due at midnight")
    func skipped() async throws {
        let end = "2026-03-29T01:00:00Z"
        try await AnalyticsFixture.open(at: end, zone: "America/Nuuk", settings: ["REPORT_RECIPIENTS": "ann@example.org"]) { analytics in
            for day in ["2026-03-28T01:00:00Z", end, "2026-03-30T00:00:00Z"] { try await analytics.report(.analyticsGenerateDaily, at: day) }
            let facts = try await analytics.environment.database.query(
                "select payload #>> '{facts,period}' from analytics.deliveries order by id", as: String?.self)
            #expect(facts == ["2026-03-27", "2026-03-28", "2026-03-29"])
        }
    }

    /// The month of a change of clocks: at midnight, which does not exist then, and by half an hour.
    private static let changes = [("America/Santiago", "2026-09-01"), ("Australia/Lord_Howe", "2026-10-01"), ("America/Santiago", "2026-04-01")]

    @Test("Reports over a change of clocks count each booking in one day, by the local date, and in one month", arguments: changes)
    func change(_ zone: String, _ month: String) async throws {
        let instant = try Self.seconds(month)
        try await AnalyticsFixture.open(at: RFC3339.string(from: instant + 40 * Self.day), zone: zone) { analytics in
            let environment = analytics.environment
            try await environment.database.execute(
                """
                insert into bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at)
                select n, n, 1, 1, 100, 'EUR', 'confirmed', at, at
                from generate_series(1, 43 * 96) n cross join lateral (select $1::timestamptz - interval '10 days' + n * interval '15 min' as at) t
                """, instant)
            let clock = try CronZone(zone)
            let first = clock.day(at: instant + Self.day / 2)
            for (job, cron, limit) in [
                (JobName.analyticsGenerateDaily, "0 23 * * *", 30), (.analyticsGenerateWeeklyReport, "0 9 * * MON", 4),
                (.analyticsGenerateMonthlySummary, "0 8 1 * *", 1),
            ] {
                let begin = clock.start(ofDay: first) + (job == .analyticsGenerateDaily ? 0 : Self.day)
                for due in try CronExpression(cron).fireTimes(after: begin, through: begin + 33 * Self.day, in: clock).prefix(limit) {
                    #expect(try await analytics.report(job, at: RFC3339.string(from: due)).outcome == .succeeded)
                }
            }
            for (rule, statement) in Self.rules {
                #expect(try await environment.value(SQL(file: statement), as: Bool.self, zone, month) == true, "\(rule)")
            }
        }
    }

    /// Statements about the reports of zone $1 and the month that begins on $2.
    private static let rules: [(rule: String, statement: String)] = [
        (
            "thirty days follow each other, and each has its bookings",
            """
            select count(*) = 30 and bool_and(r.body #>> '{bookings,confirmed}' = b.bookings::text) and count(*) filter (where r.gap) = 0
                   and bool_and((r.period_end at time zone $1)::time = '23:00') and bool_or(r.period_end - r.period_start <> interval '24 h')
                   and max(r.body #>> '{bookings,confirmed}') <> min(r.body #>> '{bookings,confirmed}') and $2::text is not null
            from (select *, period_start <> lag(period_end) over (order by period_end) as gap from analytics.reports where kind = 'daily') r
                 cross join lateral (select count(*) as bookings from bookings.bookings
                                     where confirmed_at >= r.period_start and confirmed_at < r.period_end) b
            """
        ),
        (
            "the days of each week are those of the local date",
            """
            select count(*) = 4 and bool_and(r.body -> 'days' = d.days) and $2::text is not null
            from analytics.reports r cross join lateral (
                select jsonb_agg(jsonb_build_object('day', day, 'bookings', n, 'tickets', n, 'revenue', '{}'::jsonb) order by day) as days
                from (select (confirmed_at at time zone $1)::date as day, count(*) as n from bookings.bookings
                      where confirmed_at >= r.period_start and confirmed_at < r.period_end group by 1) by_day) d
            where r.kind = 'weekly'
            """
        ),
        (
            "the month has all bookings of its local dates",
            """
            select r.body -> 'bookings' = to_jsonb(b.bookings)
            from analytics.reports r cross join (
                select count(*) as bookings from bookings.bookings
                where date_trunc('month', confirmed_at at time zone $1) = $2::text::timestamp) b
            where r.kind = 'monthly'
            """
        ),
    ]
}
