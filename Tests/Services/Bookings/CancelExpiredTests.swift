import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Bookings

@Suite("bookings.cancel-expired")
struct CancelExpiredTests {
    @Test("A booking pending for more than 10 minutes is cancelled, told of once, and its customer is written to")
    func expires() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, minutesAgo: 11)
            try await fixture.payment(1, of: 1, "pending")
            try await fixture.booking(2, minutesAgo: 10)
            try await fixture.booking(3, minutesAgo: 9)
            let run = try await fixture.run(.bookingsCancelExpired)
            #expect(run.outcome == .succeeded)
            #expect(run.processed == 1)
            #expect(try await fixture.look(1, "status, cancellation_reason") == "cancelled expired")
            #expect(try await fixture.look(2) == "pending")
            #expect(try await fixture.look(3) == "pending")
            let cancelled = BookingCancelled(
                [.init(bookingId: 1, eventId: 1, userId: 1, quantity: 2)], reason: "expired", cancelledAt: BookingsFixture.noon)
            #expect(try await fixture.published(BookingCancelled.self) == [cancelled])
            let mails = try await fixture.mails()
            #expect(mails.map(\.recipients) == [["ana@example.org"]])
            #expect(mails.first?.subject == "Your booking B-1 has expired")
        }
    }

    @Test("Run twice at the same instant it changes nothing the second time")
    func twice() async throws {
        try await BookingsFixture.open { fixture in
            for id in 1...3 { try await fixture.booking(id) }
            try await fixture.run(.bookingsCancelExpired)
            let after = try await fixture.snapshot()
            let again = try await fixture.run(.bookingsCancelExpired)
            #expect(again.processed == 0)
            #expect(try await fixture.snapshot() == after)
            #expect(try await fixture.published(BookingCancelled.self).flatMap(\.bookings).count == 3)
            #expect(try await fixture.mails().count == 3)
        }
    }

    @Test("A dry run tells what it would cancel; it changes nothing and sends nothing")
    func dryRun() async throws {
        try await BookingsFixture.open { fixture in
            for id in 1...3 { try await fixture.booking(id) }
            try await fixture.environment.database.execute("insert into bookings.event_cancellations values (1, 'rain', now())")
            let before = try await fixture.snapshot()
            let run = try await fixture.run(.bookingsCancelExpired, dryRun: true)
            #expect(run.processed == 3)
            #expect(run.details.contains(#""booking.cancelled": 1"#))
            #expect(run.details.contains(#""mail": 3"#))
            #expect(try await fixture.snapshot() == before)
            #expect(try await fixture.published(BookingCancelled.self).isEmpty)
            #expect(try await fixture.mails().isEmpty)
        }
    }

    @Test("A booking whose payment is processing or succeeded is passed over, however many of them come first")
    func passedOver() async throws {
        try await BookingsFixture.open { fixture in
            // More than a slice of bookings at the gateway, then three that nobody pays.
            try await fixture.environment.database.execute(
                """
                insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, created_at)
                select n, 'B-' || n, 1, 1, 2, 5000, 'EUR', $1::timestamptz - interval '1 day' + n * interval '1 second' from generate_series(1, 20503) n
                """, BookingsFixture.noon)
            try await fixture.environment.database.execute(
                """
                insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference, status, paid_at)
                select n, 1, 5000, 'EUR', 'gateway', 'P-' || n, case when n % 2 = 0 then 'processing' else 'succeeded' end, case when n % 2 = 1 then now() end
                from generate_series(1, 20500) n
                """)
            let run = try await fixture.run(.bookingsCancelExpired)
            #expect(run.processed == 3)
            #expect(try await fixture.published(BookingCancelled.self).flatMap(\.bookings).map(\.bookingId).sorted() == [20_501, 20_502, 20_503])
            #expect(try await fixture.count("bookings where status = 'pending'") == 20_500)
        }
    }

    @Test("A booking that was passed over is not looked at again until its payment has come to nothing or six hours are over")
    func postponed() async throws {
        try await BookingsFixture.open { fixture in
            for booking in 1...2 {
                try await fixture.booking(booking)
                try await fixture.payment(2 * booking, of: booking, "processing")
                try await fixture.payment(2 * booking + 1, of: booking, "pending")
            }
            try await fixture.run(.bookingsCancelExpired)
            #expect(
                try await fixture.count("bookings where status = 'pending' and expires_from > '\(RFC3339.string(from: BookingsFixture.noon))'") == 2)
            // One of two payments fails, and the other one is not at the gateway.
            try await fixture.environment.database.execute("update payments.payments set status = 'failed' where id = 2")
            try await fixture.sendMail(failed: 2, of: 1)
            #expect(try await fixture.count("bookings where status = 'pending' and expires_from is null") == 1)
            let run = try await fixture.run(.bookingsCancelExpired)
            #expect(run.processed == 1)
            #expect(try await fixture.look(1) == "cancelled")
            // Nobody says what became of the other one's payment.
            try await fixture.environment.database.execute("update payments.payments set status = 'failed' where id = 4")
            fixture.environment.clock.advance(CancelExpired.postponement + 1)
            #expect(try await fixture.run(.bookingsCancelExpired).processed == 1)
            #expect(try await fixture.look(2) == "cancelled")
        }
    }

    @Test("Thousands, among them some that are passed over, are cancelled page by page: each is told once, and a dry run counts the same")
    func pages() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.environment.database.execute(
                """
                insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, created_at)
                select n, 'B-' || n, 1, 1, 2, 5000, 'EUR', $1::timestamptz - interval '1 day' + n / 10 * interval '1 second'
                from generate_series(1, 3300) n
                """, BookingsFixture.noon)
            try await fixture.environment.database.execute(
                """
                insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference, status)
                select n, 1, 5000, 'EUR', 'gateway', 'P-' || n, 'processing' from generate_series(1, 3300) n where n % 11 = 0
                """)
            let dry = try await fixture.run(.bookingsCancelExpired, dryRun: true)
            #expect(try await fixture.count("deliveries") == 0)
            let run = try await fixture.run(.bookingsCancelExpired)
            for run in [dry, run] {
                #expect(run.processed == 3000)
                #expect(run.details.contains(#""mail": 3000"#))
            }
            let told = try await fixture.published(BookingCancelled.self)
            #expect(told.flatMap(\.bookings).map(\.bookingId).sorted() == (1...3300).filter { $0 % 11 != 0 })
            #expect(told.allSatisfy { (1...BookingCancelled.most).contains($0.bookings.count) })
            #expect(try await fixture.count("bookings where status = 'cancelled'") == 3000)
            #expect(try await fixture.count("deliveries where kind = 'mail'") == 3000)
        }
    }

    @Test("Who has no e-mail address, no user or no event is cancelled all the same and named on the run, and the rest is done")
    func cannotBeWrittenTo() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.user(2, email: nil)
            try await fixture.event(3, zone: "Mars/Base")
            try await fixture.booking(1, user: 2)
            try await fixture.booking(2, user: 99)
            try await fixture.booking(3, event: 98)
            try await fixture.booking(4, event: 3)
            try await fixture.booking(5)
            let run = try await fixture.run(.bookingsCancelExpired)
            #expect(run.outcome == .partial)
            #expect(run.processed == 5)
            #expect(run.failed == 4)
            #expect(run.details.contains("user 2 has no e-mail address"))
            #expect(run.details.contains("user 99 does not exist"))
            #expect(run.details.contains("event 98 does not exist"))
            #expect(run.details.contains("Mars/Base"))
            for id in 1...4 { #expect(run.details.contains("booking B-\(id)")) }
            #expect(try await fixture.count("bookings where status = 'cancelled'") == 5)
            #expect(try await fixture.published(BookingCancelled.self).flatMap(\.bookings).count == 5)
            #expect(try await fixture.mails().map(\.subject) == ["Your booking B-5 has expired"])
        }
    }

    @Test("A booking whose money only a person can tell of keeps its tickets until the event begins; money that comes then goes back in full")
    func undecided() async throws {
        try await BookingsFixture.open { fixture in
            for id in 1...3 {
                try await fixture.booking(id)
                try await fixture.payment(id, of: id, "processing")
            }
            // Another payment of the third may still decide.
            try await fixture.payment(4, of: 3, "processing")
            try await fixture.environment.database.execute(
                "update payments.payments set review_since = $1, review_reason = 'another amount' where id in (1, 3)", BookingsFixture.noon)
            #expect(try await fixture.run(.bookingsCancelExpired).processed == 0)
            fixture.environment.clock.set(BookingsFixture.noon + 7 * 86_400)
            #expect(try await fixture.run(.bookingsCancelExpired).processed == 1)
            #expect(try await fixture.look(1, "status, cancellation_reason") == "cancelled expired")
            #expect(try await fixture.look(2) == "pending")
            #expect(try await fixture.look(3) == "pending")
            #expect(try await fixture.published(BookingCancelled.self).flatMap(\.bookings).map(\.bookingId) == [1])
            try await fixture.environment.database.execute(
                "update payments.payments set status = 'succeeded', paid_at = now(), amount = 4400, review_since = null, review_reason = null where id = 1"
            )
            try await fixture.sendMail(succeeded: 1, of: 1, amount: 4400)
            #expect(try await fixture.published(BookingRefundApproved.self).map(\.money.amount) == [4400])
        }
    }

    @Test("One whose money only a person can tell of and that cannot be cancelled is named, and the others and those cancelled are cancelled")
    func undecidedAndBad() async throws {
        try await BookingsFixture.open { fixture in
            for id in 1...3 {
                try await fixture.booking(id)
                try await fixture.payment(id, of: id, "processing")
            }
            try await fixture.event(2)
            try await fixture.booking(4, "confirmed", event: 2)
            try await fixture.environment.database.execute(
                "update payments.payments set review_since = $1, review_reason = 'another amount'", BookingsFixture.noon)
            try await fixture.environment.database.execute(
                "insert into bookings.event_cancellations (event_id, reason, reported_at) values (2, 'Rain', $1)", BookingsFixture.noon)
            try await fixture.environment.database.execute(
                """
                create function bookings.refuse() returns trigger language plpgsql as $$ begin raise exception 'the booking is frozen'; end $$
                """)
            try await fixture.environment.database.execute(
                """
                create trigger refuse before update on bookings.bookings for each row when (new.id = 2 and new.status = 'cancelled')
                execute function bookings.refuse()
                """)
            fixture.environment.clock.set(BookingsFixture.noon + 7 * 86_400)
            let run = try await fixture.run(.bookingsCancelExpired)
            #expect(run.outcome == .partial)
            #expect(run.details.contains("booking B-2") && run.details.contains("the booking is frozen"))
            #expect(!run.details.contains("booking B-4"))
            for id in [1, 3, 4] { #expect(try await fixture.look(id) == "cancelled", "\(id)") }
            #expect(try await fixture.look(2) == "pending")
        }
    }
}
