import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@Suite("Reports of a time whose bookings have been removed")
struct RemovedBookingsTests {
    /// Mondays, 08:00 UTC.
    private static let mondays = ["2026-11-02T08:00:00Z", "2026-11-09T08:00:00Z", "2026-11-16T08:00:00Z"].compactMap { RFC3339.date(from: $0) }

    @Test("The weeks of events say the same as before: what was sold, and how full each event was")
    func weeks() async throws {
        let first = try #require(Self.mondays.first)
        try await Ticketing.open(at: first + 86_400) { environment, _ async throws in
            let event = try await environment.shop.event(startsAt: first + 30 * 86_400)
            let other = try await environment.shop.event(startsAt: first + 40 * 86_400)
            // One every 20 minutes of three weeks, in two currencies. Two of three are cancelled within four days, half of those having been confirmed.
            try await environment.database.execute(
                """
                insert into bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, status, created_at, confirmed_at, cancelled_at)
                select 'R-' || n, 1, (array[$2::bigint, $3])[1 + n % 2], 1 + n % 4, 1000 + n, (array['EUR', 'USD'])[1 + n % 5 % 2],
                       case when n % 3 = 0 then 'confirmed' else 'cancelled' end, at, case when n % 3 < 2 then at + interval '7 minutes' end,
                       case when n % 3 > 0 then at + n % 97 * interval '1 hour' + interval '10 minutes' end
                from (select n, $1::timestamptz - interval '8 days' + n * interval '20 minutes' as at from generate_series(1, 1500) n) moments
                """, first, event, other)
            func reports() async throws -> [String] {
                for monday in Self.mondays {
                    _ = try await environment.ended(try await environment.tick(.eventsGenerateAnalytics, at: monday, trigger: .manual))
                }
                return try await environment.database.query(
                    "select period_end || ' ' || body from events.reports order by period_end", as: String.self)
            }
            let before = try await reports()
            #expect(before.count == 3)

            environment.clock.set(first + 100 * 86_400)
            let removed = try await environment.ended(try await environment.tick(.bookingsCleanupOldCancelled, trigger: .manual))
            #expect(removed.processed == 1000)
            #expect(try await environment.value("select count(*) from bookings.bookings", as: Int.self) == 500)
            #expect(try await reports() == before)
        }
    }
}
