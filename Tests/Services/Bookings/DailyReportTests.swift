import Contracts
import Cron
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Bookings

@Suite("bookings.generate-daily-report")
struct DailyReportTests {
    /// A zone and an instant some days before its clocks change.
    static let changes: [(zone: String, from: String)] = [
        ("Europe/Berlin", "2027-03-14T00:00:00Z"),
        ("Europe/Berlin", "2027-10-17T00:00:00Z"),
        // Midnight does not exist there on the day of the change.
        ("America/Santiago", "2027-08-22T00:00:00Z"),
        // 23:00 does not exist there on the day of the change, and exists twice on the day of the other one.
        ("America/Nuuk", "2027-03-14T00:00:00Z"),
        ("America/Nuuk", "2027-10-17T00:00:00Z"),
        // Half an hour.
        ("Australia/Lord_Howe", "2027-09-20T00:00:00Z"),
    ]

    @Test("30 consecutive days tile and add up to one query over all of them, in zones whose clocks change meanwhile", arguments: changes)
    func tiles(_ zone: String, _ from: String) async throws {
        let start = try #require(RFC3339.date(from: from))
        try await BookingsFixture.open(zone: zone) { fixture in
            try await Self.fill(fixture, around: start)
            let ends = try Array(CronExpression("0 23 * * *").fireTimes(after: start, through: start + 33 * 86_400, in: CronZone(zone)).prefix(30))
            for end in ends {
                fixture.environment.clock.set(end)
                #expect(
                    try await fixture.environment.ended(try await fixture.environment.tick(.bookingsGenerateDailyReport, at: end, misfire: .all))
                        .processed == 1)
            }
            let reported = try await fixture.environment.database.query("select period_end from bookings.reports order by period_end", as: Date.self)
            #expect(reported == ends)
            let gaps = try await fixture.environment.database.query(
                "select count(*) from (select period_start <> lag(period_end) over (order by period_end) as gap from bookings.reports) t where gap",
                as: Int.self)
            #expect(gaps == [0])
            let lengths = try await fixture.environment.database.query(
                "select distinct extract(epoch from period_end - period_start)::bigint as length from bookings.reports order by 1", as: Int.self)
            #expect(lengths.count == 2, "no clock changes in \(zone) after \(from)")
            let sums = try await fixture.environment.database.query(Self.sumOfReports, as: String.self)
            #expect(sums.count == 12)
            #expect(try await fixture.environment.database.query(Self.sumOfBookings, as: String.self) == sums)
        }
    }

    @Test("A tick's own period is reported, whatever the schedule says by now")
    func carried() async throws {
        let start = try #require(RFC3339.date(from: "2027-03-14T00:00:00Z"))
        try await BookingsFixture.open { fixture in
            fixture.environment.clock.set(start)
            _ = try await fixture.environment.ended(
                try await fixture.environment.tick(.bookingsGenerateDailyReport, at: start, misfire: .all, previous: start - 7 * 3600))
            #expect(try await periods(fixture) == [[start - 7 * 3600, start]])
        }
    }

    @Test(
        "Asked for by hand, the period lies between the last two ticks, whatever the schedule is by now; before the first tick it is the schedule's")
    func byHand() async throws {
        let (six, noon) = (try #require(RFC3339.date(from: "2027-03-14T06:00:00Z")), try #require(RFC3339.date(from: "2027-03-14T12:00:00Z")))
        try await BookingsFixture.open { fixture in
            fixture.environment.clock.set(noon)
            func report(at instant: Date) async throws {
                _ = try await fixture.environment.ended(
                    try await fixture.environment.tick(.bookingsGenerateDailyReport, at: instant, trigger: .manual))
            }
            try await report(at: noon)
            #expect(try await periods(fixture) == [[noon - 37 * 3600, noon - 13 * 3600]])
            try await fixture.environment.database.execute(
                """
                insert into operations.ticks (id, job, scheduled_for, claimed_by, lease_until)
                select 't' || at, 'bookings.generate-daily-report', at, 'x', at from unnest($1::timestamptz[]) as t (at)
                """,
                [noon - 61 * 3600, six])
            try await fixture.environment.database.execute("update operations.schedules set cron_override = '0 10 * * *'")
            try await fixture.environment.database.execute("update operations.schedules set decided_through = $1", noon)
            try await fixture.environment.database.execute("delete from bookings.reports")
            try await report(at: noon)
            // 10:00 was never due: the change came behind it.
            #expect(try await periods(fixture) == [[noon - 61 * 3600, six]])
            // The clock stands still since, and the next 10:00 has come.
            try await fixture.environment.database.execute("delete from bookings.reports")
            try await report(at: noon + 24 * 3600)
            #expect(try await periods(fixture) == [[six, noon + 22 * 3600]])
        }
    }

    @Test("Without a schedule there is no period: the run fails and says what to do")
    func noSchedule() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.environment.database.execute("delete from operations.schedules")
            let run = try await fixture.environment.ended(try await fixture.environment.tick(.bookingsGenerateDailyReport, trigger: .manual))
            #expect(run.outcome == .failed && run.details.contains("is not in operations.schedules; start tick-publisher"), "\(run.details)")
        }
    }

    @Test("A tick whose period would end before it begins is parked")
    func backwards() async throws {
        try await BookingsFixture.open { fixture in
            let now = BookingsFixture.noon
            try await fixture.environment.tick(.bookingsGenerateDailyReport, at: now, previous: now)
            let parked = try await fixture.environment.parked("bookings")
            #expect(parked.reason.contains("previousFireTime") && parked.reason.contains("before scheduledFor"), "\(parked.reason)")
        }
    }

    private func periods(_ fixture: BookingsFixture) async throws -> [[Date]] {
        try await fixture.environment.database.query("select array[period_start, period_end] from bookings.reports order by 1", as: [Date].self)
    }

    @Test("Made again it has the same figures, also when its bookings have been removed; asked for at another time it covers the last whole day")
    func again() async throws {
        let start = try #require(RFC3339.date(from: "2027-03-14T00:00:00Z"))
        try await BookingsFixture.open(zone: "Europe/Berlin") { fixture in
            try await Self.fill(fixture, around: start)
            let end = try #require(try CronExpression("0 23 * * *").next(after: start + 14 * 86_400, in: CronZone("Europe/Berlin")))
            fixture.environment.clock.set(end)
            func body() async throws -> String? { try await fixture.environment.value("select body::text from bookings.reports", as: String.self) }
            let dry = try await fixture.run(.bookingsGenerateDailyReport, dryRun: true)
            #expect(dry.processed == 1)
            #expect(try await body() == nil)
            try await fixture.run(.bookingsGenerateDailyReport)
            let first = try #require(try await body())
            #expect(first.contains(#""expired""#) && first.contains(#""USD""#))
            let kept = try await fixture.snapshot()
            try await fixture.run(.bookingsGenerateDailyReport)
            #expect(try await fixture.snapshot() == kept)
            // Two months later.
            fixture.environment.clock.set(end + 60 * 86_400)
            #expect(try await fixture.run(.bookingsCleanupOldCancelled).processed > 100)
            let run = try await fixture.environment.ended(
                try await fixture.environment.tick(.bookingsGenerateDailyReport, at: end + 7 * 3600, trigger: .manual))
            #expect(run.processed == 1)
            #expect(try await body() == first)
        }
    }

    @Test("A day on which nothing happened has a report all the same")
    func nothing() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.run(.bookingsGenerateDailyReport)
            let body = try await fixture.environment.value("select body::text from bookings.reports", as: String.self)
            #expect(body == #"{"created": {}, "refunded": {}, "cancelled": {}, "confirmed": {}}"#)
        }
    }

    /// A booking every 13 minutes for 40 days in two currencies, with a life of some hours each.
    private static func fill(_ fixture: BookingsFixture, around start: Date) async throws {
        try await fixture.environment.database.execute(
            """
            insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at,
                                           cancelled_at, cancellation_reason, refund_amount, refunded_at)
            select n, 'B-' || n, 1, 1, 1 + n % 4, 100 * n, case n % 3 when 0 then 'USD' else 'EUR' end,
                   (array['pending', 'confirmed', 'cancelled', 'cancelled', 'refunded'])[1 + n % 5], at,
                   case when n % 5 in (1, 2, 4) then at + n % 7 * interval '1 hour' end,
                   case when n % 5 in (2, 3, 4) then at + n % 11 * interval '1 hour' end,
                   case n % 5 when 2 then 'expired' when 3 then 'payment failed' when 4 then 'refund approved' end,
                   case when n % 5 = 4 then 50 * n end, case when n % 5 = 4 then at + n % 29 * interval '1 hour' end
            from (select n, $1::timestamptz - interval '2 days' + n * interval '13 minutes' as at from generate_series(1, 4400) n) made
            """, start)
    }

    private static let sumOfReports: SQL = """
        with entries as (
            select what.key as what, '' as reason, sums.key as currency, sums.value as sum
            from bookings.reports cross join lateral jsonb_each(body) what cross join lateral jsonb_each(what.value) sums
            where what.key <> 'cancelled'
            union all
            select 'cancelled', reason.key, sums.key, sums.value
            from bookings.reports cross join lateral jsonb_each(body -> 'cancelled') reason cross join lateral jsonb_each(reason.value) sums)
        select concat_ws(' ', what, reason, currency, sum((sum ->> 'bookings')::bigint), sum((sum ->> 'tickets')::bigint), sum((sum ->> 'amount')::bigint))
        from entries group by what, reason, currency order by 1
        """

    private static let sumOfBookings: SQL = """
        with whole as (select min(period_start) as start, max(period_end) as end from bookings.reports),
        happened as (
            select 'created' as what, '' as reason, currency, quantity, total_amount as amount, created_at as at from bookings.bookings
            union all select 'confirmed', '', currency, quantity, total_amount, confirmed_at from bookings.bookings
            union all select 'cancelled', cancellation_reason, currency, quantity, total_amount, cancelled_at from bookings.bookings
            union all select 'refunded', '', currency, quantity, refund_amount, refunded_at from bookings.bookings)
        select concat_ws(' ', what, reason, currency, count(*), sum(quantity), sum(amount))
        from happened, whole where at >= whole.start and at < whole.end
        group by what, reason, currency order by 1
        """
}
