import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Bookings

@Suite("bookings.cleanup-old-cancelled")
struct CleanupOldCancelledTests {
    private static let days31 = 31.0 * 24 * 60

    @Test("What was cancelled more than 30 days ago and owes nothing is removed with its history; its figures stay")
    func removes() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "cancelled", minutesAgo: Self.days31)
            try await fixture.booking(2, "cancelled", minutesAgo: 30 * 24 * 60)
            try await fixture.booking(3, "confirmed", minutesAgo: Self.days31)
            try await fixture.booking(4, "refunded", minutesAgo: Self.days31)
            try await fixture.environment.database.execute(
                "insert into bookings.status_history (of, was, became) values (1, 'pending', 'cancelled'), (2, 'pending', 'cancelled')")
            let run = try await fixture.run(.bookingsCleanupOldCancelled)
            #expect(run.outcome == .succeeded)
            #expect(run.processed == 1)
            #expect(try await fixture.environment.database.query("select id from bookings.bookings order by id", as: Int.self) == [2, 3, 4])
            #expect(try await fixture.environment.database.query("select of from bookings.status_history", as: Int.self) == [2])
            // Reports count it by itself, too: its user, its tickets, its times.
            #expect(
                try await fixture.environment.database.query(
                    """
                    select concat_ws(' ', booking_id, user_id, event_id, cancelled_at < $1 - interval '30 days', confirmed_at is null)
                    from bookings.removed_booking_facts
                    """, as: String.self, BookingsFixture.noon) == ["1 1 1 t t"])
            let kept = try await fixture.environment.database.query(
                "select concat_ws(' ', happened, reason, event_id, currency, count, tickets, amount) from bookings.removed_figures order by happened",
                as: String.self)
            #expect(kept == ["cancelled expired 1 EUR 1 2 5000", "created  1 EUR 1 2 5000"])
        }
    }

    @Test("Nothing that still owes money or a message is removed")
    func owing() async throws {
        try await BookingsFixture.open { fixture in
            for id in 1...11 { try await fixture.booking(id, "cancelled", minutesAgo: Self.days31) }
            // A request that nobody has answered; a refund that was granted; payments that are open; money that is still here.
            try await fixture.environment.database.execute(
                "update bookings.bookings set refund_requested = true, refund_requested_at = now() where id in (1, 8, 9, 10, 11)")
            try await fixture.environment.database.execute(
                "update bookings.bookings set refund_amount = 5000, refund_approved_at = now() where id = 2")
            try await fixture.payment(3, of: 3, "pending")
            try await fixture.payment(4, of: 4, "processing")
            try await fixture.payment(5, of: 5, "succeeded", back: 4999)
            try await fixture.payment(6, of: 6, "failed")
            try await fixture.environment.database.execute("update payments.payments set paid_at = now() where id = 6")
            // Paid twice: the second payment goes back, whatever was denied, or has to and could not.
            for id in [10, 11] {
                try await fixture.payment(id, of: id, "succeeded")
                try await fixture.refund(of: id, "double", id == 10 ? "pending" : "failed", amount: 5000)
            }
            // These owe nothing: all is back; the request was denied, with and without money.
            try await fixture.payment(7, of: 7, "succeeded", back: 5000)
            try await fixture.payment(8, of: 8, "succeeded")
            try await fixture.environment.database.execute(
                "update bookings.bookings set refund_denied = true, refund_processed = true where id in (8, 9, 10, 11)")
            #expect(try await fixture.run(.bookingsCleanupOldCancelled).processed == 3)
            #expect(
                try await fixture.environment.database.query("select id from bookings.bookings order by id", as: Int.self) == Array(1...6) + [10, 11])
        }
    }

    @Test("It goes slice by slice past what has to stay; run twice it changes nothing; a dry run changes nothing at all")
    func slices() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.environment.database.execute(
                """
                insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, created_at, cancelled_at,
                                               cancellation_reason, refund_amount, refund_approved_at)
                select n, 'B-' || n, 1, 1, 1, 1000, 'EUR', 'cancelled', at, at, 'expired', case when n <= 4100 then 1000 end, case when n <= 4100 then at end
                from (select n, $1::timestamptz - interval '40 days' + n * interval '1 second' as at from generate_series(1, 5200) n) made
                """, BookingsFixture.noon)
            let before = try await fixture.snapshot()
            #expect(try await fixture.run(.bookingsCleanupOldCancelled, dryRun: true).processed == 1100)
            #expect(try await fixture.snapshot() == before)
            #expect(try await fixture.run(.bookingsCleanupOldCancelled).processed == 1100)
            #expect(try await fixture.count("bookings") == 4100)
            #expect(
                try await fixture.environment.value(
                    "select sum(amount)::bigint from bookings.removed_figures where happened = 'cancelled'", as: Int.self)
                    == 1_100_000)
            let after = try await fixture.snapshot()
            #expect(try await fixture.run(.bookingsCleanupOldCancelled).processed == 0)
            #expect(try await fixture.snapshot() == after)
        }
    }
}
