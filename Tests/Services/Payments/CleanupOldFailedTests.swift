import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Payments

@Suite("payments.cleanup-old-failed forgets what came to nothing")
struct CleanupOldFailedTests {
    private static let days: TimeInterval = 24 * 3600

    @Test("Failed or abandoned for more than 30 days is removed with its history; everything else stays")
    func removed() async throws {
        try await PaymentsFixture.open { fixture in
            try await fixture.add(1, .failed, age: 30 * Self.days + 1)
            try await fixture.add(2, .abandoned, age: 31 * Self.days)
            try await fixture.add(3, .failed, age: 30 * Self.days)
            for (id, status) in [(4, PaymentStatus.succeeded), (5, .voided), (6, .pending), (7, .processing)] {
                try await fixture.add(id, status, age: 40 * Self.days)
            }
            try await fixture.environment.database.execute(
                "insert into payments.status_history (of, was, became) values (1, 'pending', 'failed'), (3, 'pending', 'failed')")
            let run = try await fixture.run(.paymentsCleanupOldFailed)
            #expect(run.outcome == .succeeded)
            #expect(run.processed == 2)
            #expect(try await fixture.environment.database.query("select id from payments.payments order by id", as: Int.self) == [3, 4, 5, 6, 7])
            #expect(try await fixture.environment.database.query("select of from payments.status_history", as: Int.self) == [3])
            let before = try await fixture.state()
            #expect(try await fixture.run(.paymentsCleanupOldFailed).processed == 0)
            #expect(try await fixture.state() == before)
        }
    }

    @Test("Whoever is owed money keeps the payment that proves it")
    func owing() async throws {
        try await PaymentsFixture.open { fixture in
            for id in 1...4 { try await fixture.add(id, .failed, age: 40 * Self.days) }
            // Late money: not yet asked back, on its way, refused, back.
            try await fixture.environment.database.execute("update payments.payments set paid_at = failed_at + interval '1 hour'")
            try await fixture.environment.database.execute(
                """
                insert into payments.refunds (payment_id, booking_id, amount, currency, cause, status, requested_at, settled_at) values
                    (2, 2, 1000, 'EUR', 'late', 'pending', $1, null), (3, 3, 1000, 'EUR', 'late', 'failed', $1, $1), (4, 4, 1000, 'EUR', 'late', 'paid', $1, $1)
                """, PaymentsFixture.noon - 39 * Self.days)
            try await fixture.environment.database.execute("update payments.payments set refunded_amount = amount where id = 4")
            #expect(try await fixture.run(.paymentsCleanupOldFailed).processed == 1)
            #expect(try await fixture.environment.database.query("select id from payments.payments order by id", as: Int.self) == [1, 2, 3])
            #expect(try await fixture.environment.value("select count(*) from payments.refunds where payment_id = 4", as: Int.self) == 0)
        }
    }

    @Test("More than a slice holds is removed in slices, and every payment is counted once in the figures that stay")
    func slices() async throws {
        try await PaymentsFixture.open { fixture in
            let many = 2 * CleanupOldFailed.sliceLimit + 1
            try await fixture.environment.database.execute(
                """
                insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference, status, created_at, failed_at)
                select n, 7, 1000, 'EUR', 'paystack', 'R-' || n, 'failed', $2, $2 from generate_series(1, $1::int) n
                """, many, PaymentsFixture.noon - 40 * Self.days)
            #expect(try await fixture.run(.paymentsCleanupOldFailed).processed == many)
            #expect(try await fixture.environment.value("select count(*) from payments.payments", as: Int.self) == 0)
            let kept: SQL =
                "select count(*) from payments.removed_figures where count = $1 and amount = 1000 * $1::int and happened in ('created', 'failed')"
            #expect(try await fixture.environment.value(kept, as: Int.self, many) == 2)
        }
    }

    @Test("A dry run says how many it would remove and removes none")
    func dryRun() async throws {
        try await PaymentsFixture.open { fixture in
            for id in 1...3 { try await fixture.add(id, .failed, age: 40 * Self.days) }
            let before = try await fixture.state()
            #expect(try await fixture.run(.paymentsCleanupOldFailed, dryRun: true).processed == 3)
            #expect(try await fixture.state() == before)
        }
    }

    @Test("A daily report made again after the removal says the same")
    func figuresStay() async throws {
        try await PaymentsFixture.open(zone: "Asia/Kathmandu") { fixture in
            // 25 hours of payments every ten minutes, in two currencies; half of the failed ones were paid late and are back.
            try await fixture.environment.database.execute(
                """
                insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference, status, created_at, submitted_at, paid_at, failed_at, abandoned_at, refunded_amount)
                select n, 7, 1000 + n, (array['EUR', 'USD'])[n % 2 + 1], 'paystack', 'R-' || n, (array['failed', 'abandoned', 'succeeded'])[n % 3 + 1],
                    at, at, case when n % 3 = 2 or n % 6 = 0 then at + interval '20 min' end, case when n % 3 = 0 then at + interval '10 min' end,
                    case when n % 3 = 1 then at + interval '15 min' end, case when n % 6 = 0 then 1000 + n else 0 end
                from (select n, $1::timestamptz + n * interval '10 min' as at from generate_series(1, 150) n) made
                """, PaymentsFixture.noon - 40 * Self.days)
            try await fixture.environment.database.execute(
                """
                insert into payments.refunds (payment_id, booking_id, amount, currency, cause, status, requested_at, settled_at)
                select id, booking_id, amount, currency, 'late', 'paid', paid_at, paid_at + interval '1 hour' from payments.payments where status = 'failed' and paid_at is not null
                """)
            func reports() async throws -> [String] {
                for day in 0...2 {
                    let tick = try await fixture.environment.tick(
                        .paymentsGenerateAnalytics, at: PaymentsFixture.noon - (40 - Double(day)) * Self.days, trigger: .manual)
                    _ = try await fixture.environment.ended(tick)
                }
                return try await fixture.environment.database.query(
                    "select period_start || ' ' || period_end || ' ' || body from payments.reports order by period_start", as: String.self)
            }
            let before = try await reports()
            #expect(before.count == 3)
            #expect(before[1].contains(#""happened": "late""#) && before[1].contains(#""happened": "refunded""#))
            #expect(try await fixture.run(.paymentsCleanupOldFailed).processed == 100)
            #expect(try await fixture.environment.value("select count(*) from payments.payments", as: Int.self) == 50)
            #expect(try await reports() == before)
        }
    }
}
