import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Bookings

@Suite("bookings.process-refunds")
struct ProcessRefundsTests {
    /// The start of event 1.
    private static let start = BookingsFixture.noon + 7 * 86_400

    @Test("24 h before the start all goes back, a second later half, at the start nothing; the time of the request counts, not of the job")
    func policy() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.request(1, amount: 999, at: Self.start - 86_400)
            try await fixture.request(2, amount: 999, at: Self.start - 86_399)
            try await fixture.request(3, amount: 999, at: Self.start)
            // The job looks when the event is long over.
            fixture.environment.clock.set(Self.start + 86_400)
            let run = try await fixture.run(.bookingsProcessRefunds)
            #expect(run.processed == 3)
            #expect(try await fixture.look(1, "status, cancellation_reason, refund_amount, refund_processed") == "cancelled refund approved 999 f")
            #expect(try await fixture.look(2, "status, cancellation_reason, refund_amount, refund_processed") == "cancelled refund approved 500 f")
            #expect(try await fixture.look(3, "status, refund_denied, refund_denial_reason, refund_processed") == "confirmed t the event had begun t")
            #expect(try await fixture.published(BookingCancelled.self).flatMap(\.bookings).map(\.bookingId).sorted() == [1, 2])
            #expect(try await fixture.published(BookingRefundApproved.self).map(\.money.amount).sorted() == [500, 999])
            // Who is granted a refund is told when the money is back.
            #expect(try await fixture.mails().map(\.subject) == ["Your refund request for booking B-3"])
        }
    }

    @Test("Run twice at the same instant it changes nothing the second time; a dry run changes nothing at all")
    func twice() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.request(1, at: Self.start - 90_000)
            try await fixture.request(2, at: Self.start + 1)
            fixture.environment.clock.set(Self.start + 60)
            let before = try await fixture.snapshot()
            let dry = try await fixture.run(.bookingsProcessRefunds, dryRun: true)
            #expect(dry.processed == 2)
            #expect(try await fixture.snapshot() == before)
            try await fixture.run(.bookingsProcessRefunds)
            let after = try await fixture.snapshot()
            #expect(after != before)
            #expect(try await fixture.run(.bookingsProcessRefunds).processed == 0)
            #expect(try await fixture.snapshot() == after)
            #expect(try await fixture.published(BookingRefundApproved.self).count == 1)
            #expect(try await fixture.mails().count == 1)
        }
    }

    @Test("Nothing goes back for what was never paid, and never more than is left")
    func money() async throws {
        try await BookingsFixture.open { fixture in
            for id in 1...4 { try await fixture.booking(id, "confirmed", amount: 1000) }
            try await fixture.payment(1, of: 1, "failed", amount: 1000)
            try await fixture.payment(2, of: 2, "succeeded", amount: 1000, back: 400)
            try await fixture.payment(3, of: 3, "succeeded", amount: 1000, back: 1000)
            try await fixture.payment(4, of: 4, "succeeded", amount: 1000, back: 700)
            try await fixture.environment.database.execute(
                "update bookings.bookings set refund_requested = true, refund_requested_at = $1 - case when id = 4 then 1 else 2 end * interval '20 hours'",
                Self.start)
            try await fixture.run(.bookingsProcessRefunds)
            #expect(try await fixture.look(1, "status, refund_denial_reason") == "confirmed nothing was paid")
            #expect(try await fixture.look(2, "status, refund_amount") == "cancelled 600")
            #expect(try await fixture.look(3, "status, refund_denial_reason") == "confirmed all of the payment has gone back already")
            #expect(try await fixture.look(4, "status, refund_amount") == "cancelled 300")
        }
    }

    @Test("What is on its way back is not granted again; of a booking that was paid twice the payment that stays counts, also for half of it")
    func onTheWay() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.request(1, amount: 1000, at: Self.start - 90_000)
            try await fixture.refund(of: 1, "approved", "pending", amount: 400)
            for (id, status) in [(2, "pending"), (3, "failed"), (4, "paid")] {
                try await fixture.request(id, amount: 1000, at: Self.start - 3600)
                try await fixture.payment(id * 10, of: id, "succeeded", amount: 3000, back: status == "paid" ? 3000 : 0)
                try await fixture.refund(of: id * 10, "double", status, amount: 3000)
            }
            fixture.environment.clock.set(Self.start)
            try await fixture.run(.bookingsProcessRefunds)
            #expect(try await fixture.look(1, "status, refund_amount") == "cancelled 600")
            for id in 2...4 { #expect(try await fixture.look(id, "status, refund_amount") == "cancelled 500") }
        }
    }

    @Test("A request waits while a payment of its booking is open")
    func waits() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "cancelled")
            try await fixture.payment(1, of: 1, "processing")
            try await fixture.sendMail(BookingRefundRequested(bookingId: 1, requestedAt: BookingsFixture.noon))
            #expect(try await fixture.run(.bookingsProcessRefunds).processed == 0)
            #expect(try await fixture.look(1, "refund_requested, refund_denied") == "t f")
            try await fixture.environment.database.execute("update payments.payments set status = 'failed'")
            #expect(try await fixture.run(.bookingsProcessRefunds).processed == 1)
            #expect(try await fixture.look(1, "status, refund_denied, refund_denial_reason") == "cancelled t nothing was paid")
        }
    }

    @Test("A request that overtakes the word that its booking was paid waits on the pending booking, and is decided by its own time")
    func overtakes() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, minutesAgo: 1)
            try await fixture.payment(1, of: 1, "succeeded", amount: 5000)
            fixture.environment.clock.set(Self.start - 3600)
            try await fixture.sendMail(BookingRefundRequested(bookingId: 1, requestedAt: Self.start - 86_399))
            #expect(try await fixture.run(.bookingsProcessRefunds).processed == 0)
            try await fixture.sendMail(succeeded: 1, of: 1)
            #expect(try await fixture.look(1, "status, refund_requested") == "confirmed t")
            #expect(try await fixture.run(.bookingsProcessRefunds).processed == 1)
            #expect(try await fixture.look(1, "status, refund_amount") == "cancelled 2500")
        }
    }

    @Test("A request on a pending booking that nobody pays is answered when the booking has expired; money that comes late all the same goes back")
    func neverPaid() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1)
            try await fixture.payment(1, of: 1, "failed")
            try await fixture.sendMail(BookingRefundRequested(bookingId: 1, requestedAt: BookingsFixture.noon))
            try await fixture.run(.bookingsCancelExpired)
            #expect(try await fixture.run(.bookingsProcessRefunds).processed == 1)
            #expect(try await fixture.look(1, "status, refund_denied, refund_denial_reason") == "cancelled t nothing was paid")
            let mails = try await fixture.mails().compactMap(\.subject).sorted()
            #expect(mails == ["Your booking B-1 has expired", "Your refund request for booking B-1"])
            try await fixture.sendMail(refunded: 1, of: 1, amount: 5000, because: .late)
            #expect(try await fixture.look(1, "status, refund_amount, refund_denied, refund_denial_reason is null") == "refunded 5000 f t")
        }
    }

    @Test("An event that was cancelled refunds everything, whenever it is asked for; so does a booking that had expired before its money came")
    func ticketsAreGone() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.event(2)
            try await fixture.request(1, event: 2, amount: 999, at: Self.start + 1)
            try await fixture.environment.database.execute("insert into bookings.event_cancellations values (2, 'Rain', now())")
            try await fixture.booking(2, "cancelled", amount: 999)
            try await fixture.payment(2, of: 2, "succeeded", amount: 999)
            try await fixture.environment.database.execute(
                "update bookings.bookings set refund_requested = true, refund_requested_at = $1 where id = 2", Self.start - 60)
            try await fixture.run(.bookingsProcessRefunds)
            #expect(try await fixture.look(1, "status, refund_amount") == "cancelled 999")
            #expect(try await fixture.look(2, "status, cancellation_reason, refund_amount") == "cancelled expired 999")
            // Booking 2 held no tickets any more: nothing is told of it twice.
            #expect(try await fixture.published(BookingCancelled.self).flatMap(\.bookings).map(\.bookingId) == [1])
        }
    }

    @Test("A booking that was cancelled without a reason gets its decision like any other, and so do those behind it")
    func cancelledWithoutReason() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.request(1, amount: 999, at: Self.start - 86_400)
            try await fixture.environment.database.execute(
                "update bookings.bookings set status = 'cancelled', cancelled_at = $1, cancellation_reason = null", BookingsFixture.noon)
            try await fixture.request(2, amount: 999, at: Self.start - 86_400)
            let run = try await fixture.run(.bookingsProcessRefunds)
            #expect(run.outcome == .succeeded)
            #expect(run.processed == 2)
            #expect(try await fixture.look(1, "status, refund_amount") == "cancelled 999")
            #expect(try await fixture.look(2, "status, refund_amount") == "cancelled 999")
        }
    }

    @Test("A booking whose event is missing is named on the run; one that cannot be written to is decided and named; the rest is done")
    func reported() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.request(1, event: 98, at: BookingsFixture.noon)
            try await fixture.request(2, at: Self.start)
            try await fixture.request(3, at: BookingsFixture.noon)
            try await fixture.environment.database.execute("update bookings.bookings set user_id = 99 where id = 2")
            fixture.environment.clock.set(Self.start + 60)
            let run = try await fixture.run(.bookingsProcessRefunds)
            #expect(run.outcome == .partial)
            #expect(run.processed == 2)
            #expect(run.failed == 2)
            #expect(run.details.contains("booking B-1"))
            #expect(run.details.contains("event 98 does not exist"))
            #expect(run.details.contains("user 99 does not exist"))
            #expect(try await fixture.look(1, "status, refund_requested, refund_denied") == "confirmed t f")
            #expect(try await fixture.look(2, "status, refund_denied") == "confirmed t")
            #expect(try await fixture.look(3) == "cancelled")
        }
    }

    @Test("A few thousand requests are decided page by page, also when the first ones have to wait")
    func pages() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.environment.database.execute(
                """
                insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, refund_requested, refund_requested_at)
                select n, 'B-' || n, 1, 1, 1, 999, 'EUR', 'confirmed', true, $1 from generate_series(1, 3300) n
                """, BookingsFixture.noon)
            try await fixture.environment.database.execute(
                """
                insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference, status, paid_at)
                select n, 1, 999, 'EUR', 'gateway', 'P-' || n, case when n <= 2100 then 'processing' else 'succeeded' end, case when n > 2100 then now() end
                from generate_series(1, 3300) n
                """)
            let run = try await fixture.run(.bookingsProcessRefunds)
            #expect(run.processed == 1200)
            #expect(try await fixture.count("bookings where refund_amount = 999") == 1200)
            #expect(try await fixture.published(BookingRefundApproved.self).count == 1200)
        }
    }

    @Test("Nobody asks before the booking was made: the later of both counts, and no instant that is still to come")
    func tooEarly() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.event(2, startsAt: BookingsFixture.noon + 2 * 3600)
            let longAgo = Date(timeIntervalSince1970: 1_577_836_800)
            try await fixture.request(1, event: 2, amount: 4500, at: longAgo)
            try await fixture.booking(2, "confirmed", event: 2, amount: 4500)
            try await fixture.payment(2, of: 2, "succeeded", amount: 4500)
            try await fixture.sendMail(BookingRefundRequested(bookingId: 2, requestedAt: longAgo))
            try await fixture.run(.bookingsProcessRefunds)
            #expect(try await fixture.published(BookingRefundApproved.self).map(\.money.amount) == [2250, 2250])
        }
    }

    @Test("What was paid in another currency than the booking's goes back in that one")
    func anotherCurrency() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "confirmed", amount: 4500)
            try await fixture.payment(1, of: 1, "succeeded", amount: 100)
            try await fixture.environment.database.execute("update payments.payments set currency = 'JPY'")
            try await fixture.sendMail(BookingRefundRequested(bookingId: 1, requestedAt: BookingsFixture.noon))
            try await fixture.run(.bookingsProcessRefunds)
            let approved = BookingRefundApproved(bookingId: 1, userId: 1, money: Money(100, "JPY"), approvedAt: BookingsFixture.noon)
            #expect(try await fixture.published(BookingRefundApproved.self) == [approved])
        }
    }
}
