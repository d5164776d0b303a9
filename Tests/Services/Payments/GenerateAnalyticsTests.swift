import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Payments

@Suite("payments.generate-analytics reports the day that ended")
struct GenerateAnalyticsTests {
    private func reports(_ fixture: PaymentsFixture) async throws -> [DailyReport] {
        try await fixture.environment.database.query("select body from payments.reports where kind = 'daily'").map {
            try $0.decode(PostgresJSON.self, at: 0).decode()
        }
    }

    @Test("Each thing counts on the day it happened, by currency and gateway; revenue is net and never crosses currencies")
    func figures() async throws {
        try await PaymentsFixture.open { fixture in
            let day: TimeInterval = 24 * 3600
            try await fixture.add(1, .succeeded, age: day, amount: 1000)
            try await fixture.add(2, .succeeded, age: day, amount: 300, currency: "USD")
            try await fixture.add(3, .failed, age: day)
            try await fixture.add(4, .abandoned, age: day)
            try await fixture.add(5, .voided, age: day)
            try await fixture.add(6, age: day)
            try await fixture.add(7, .succeeded, age: 60)
            try await fixture.environment.database.execute(
                """
                insert into payments.refunds (payment_id, booking_id, amount, currency, cause, status, requested_at, settled_at)
                values (1, 1, 400, 'EUR', 'approved', 'paid', $1, $1)
                """, PaymentsFixture.noon - day + 60)
            #expect(try await fixture.run(.paymentsGenerateAnalytics).outcome == .succeeded)
            let body = try #require(try await reports(fixture).first)
            #expect(body.counts == ["created": 6, "succeeded": 2, "failed": 1, "abandoned": 1, "voided": 1, "late": 0, "refunded": 1])
            #expect(body.successRate == 0.5)
            #expect(body.revenue["EUR"] == DailyReport.Revenue(received: 1000, refunded: 400, net: 600))
            #expect(body.revenue["USD"] == DailyReport.Revenue(received: 300, refunded: 0, net: 300))
            #expect(body.figures.contains(DailyTotal(happened: .created, currency: "EUR", gateway: "paystack", count: 5, amount: 5000)))
            let period: SQL = "select count(*) from payments.reports where period_start = '2026-03-14T00:00Z' and period_end = '2026-03-15T00:00Z'"
            #expect(try await fixture.environment.value(period, as: Int.self) == 1)
        }
    }

    @Test("A day without payments is reported too, without a success rate; made again it is the same row")
    func emptyDay() async throws {
        try await PaymentsFixture.open { fixture in
            for _ in 1...2 { try await fixture.run(.paymentsGenerateAnalytics) }
            let bodies = try await reports(fixture)
            #expect(bodies.count == 1)
            #expect(bodies[0].figures.isEmpty && bodies[0].successRate == nil && bodies[0].revenue.isEmpty)
        }
    }

    @Test("A dry run writes no report")
    func dryRun() async throws {
        try await PaymentsFixture.open { fixture in
            let run = try await fixture.run(.paymentsGenerateAnalytics, dryRun: true)
            #expect(run.processed == 1)
            #expect(try await fixture.environment.value("select count(*) from payments.reports", as: Int.self) == 0)
        }
    }

    @Test("The reports of 30 days in New York across the change of clocks in March add up to one query over all of them")
    func tile() async throws {
        try await PaymentsFixture.open(zone: "America/New_York") { fixture in
            // Something every 13 minutes, from before the first day until after the last.
            try await fixture.environment.database.execute(
                """
                insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference, status, created_at, paid_at, failed_at, abandoned_at, voided_at, refunded_amount)
                select n, 7, 1000 + n, (array['EUR', 'USD', 'MXN'])[n % 3 + 1], (array['paystack', 'stripe'])[n % 2 + 1], 'R-' || n, s, at,
                    case when s = 'succeeded' or n % 10 = 1 then at + interval '7 min' end, case when s = 'failed' then at + interval '10 min' end,
                    case when s = 'abandoned' then at + interval '16 min' end, case when s = 'voided' then at + interval '11 min' end,
                    case when n % 10 = 1 then 1000 + n else 0 end
                from (select n, (array['succeeded', 'failed', 'abandoned', 'voided', 'succeeded'])[n % 5 + 1] as s,
                             timestamptz '2026-02-18T00:00Z' + n * interval '13 min' as at
                      from generate_series(1, 3700) n) made
                """)
            try await fixture.environment.database.execute(
                """
                insert into payments.refunds (payment_id, booking_id, amount, currency, cause, status, requested_at, settled_at)
                select id, booking_id, amount, currency, 'late', 'paid', paid_at, paid_at + interval '1 day' from payments.payments where refunded_amount > 0
                """)
            let midnights = try await fixture.environment.database.query(
                "select (date '2026-02-20' + n)::timestamp at time zone 'America/New_York' from generate_series(0, 30) n", as: Date.self)
            #expect(midnights[30].timeIntervalSince(midnights[0]) == 30 * 24 * 3600 - 3600)
            for midnight in midnights.dropFirst() {
                _ = try await fixture.environment.ended(try await fixture.environment.tick(.paymentsGenerateAnalytics, at: midnight, misfire: .all))
            }
            let periods = try await fixture.environment.database.query("select period_start from payments.reports order by 1", as: Date.self)
            #expect(periods == Array(midnights.dropLast()))
            let tiled = try await fixture.environment.database.query(Self.sumOfReports, as: DailyTotal.self)
            let whole = try await fixture.environment.database.query(Self.whole, as: DailyTotal.self, midnights[0], midnights[30])
            #expect(tiled.count == whole.count && tiled.count > 30)
            #expect(tiled == whole)
        }
    }

    private static let sumOfReports: SQL = """
        select f ->> 'happened' as happened, f ->> 'currency' as currency, f ->> 'gateway' as gateway, sum((f ->> 'count')::bigint)::bigint as count,
               sum((f ->> 'amount')::bigint)::bigint as amount
        from payments.reports, jsonb_array_elements(body -> 'figures') f group by 1, 2, 3 order by 1, 2, 3
        """

    /// One query over the month that shares nothing with the report's.
    private static let whole: SQL = """
        select happened, moments.currency, moments.gateway, count(*) as count, sum(moments.amount)::bigint as amount
        from (select p.currency::text, p.gateway, m.happened, m.at, p.amount
              from payments.payments p cross join lateral (values ('created', created_at), ('failed', failed_at), ('abandoned', abandoned_at),
                  ('voided', voided_at), (case status when 'succeeded' then 'succeeded' else 'late' end, paid_at)) m (happened, at)
              union all
              select r.currency::text, p.gateway, 'refunded', r.settled_at, r.amount from payments.refunds r join payments.payments p on p.id = r.payment_id) moments
        where at >= $1 and at < $2 group by 1, 2, 3 order by 1, 2, 3
        """
}
