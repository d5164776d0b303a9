import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import Bookings

@Suite("An event that is cancelled")
struct EventCancellationTests {
    @Test("Its bookings are cancelled and told of, those that were paid get everything back, and the organizer's reason is in the mail")
    func calledOff() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.event(2)
            try await fixture.booking(1, "confirmed")
            try await fixture.payment(1, of: 1, "succeeded", amount: 5000)
            try await fixture.booking(2, minutesAgo: 1)
            try await fixture.payment(2, of: 2, "processing")
            try await fixture.booking(3, "confirmed", event: 2)
            try await fixture.payment(3, of: 3, "succeeded")
            try await fixture.sendMail(EventCancelled(eventId: 1, reason: "The tenor has lost his voice."))
            try await fixture.environment.eventually("select count(*) from bookings.bookings where status = 'cancelled'", 2)
            #expect(try await fixture.look(1, "status, cancellation_reason, refund_amount") == "cancelled event cancelled 5000")
            #expect(try await fixture.look(2, "status, cancellation_reason, refund_amount") == "cancelled event cancelled")
            #expect(try await fixture.look(3) == "confirmed")
            #expect(try await fixture.published(BookingCancelled.self).flatMap(\.bookings).map(\.bookingId).sorted() == [1, 2])
            let approved = BookingRefundApproved(bookingId: 1, userId: 1, money: Money(5000, "EUR"), approvedAt: BookingsFixture.noon)
            #expect(try await fixture.published(BookingRefundApproved.self) == [approved])
            let mails = try await fixture.mails()
            #expect(mails.map(\.subject) == ["The Magic Flute has been cancelled", "The Magic Flute has been cancelled"])
            #expect(mails.allSatisfy { $0.text?.contains("The tenor has lost his voice.") == true })
            #expect(mails.count { $0.text?.contains("EUR 50.00") == true } == 1)
        }
    }

    @Test("A payment of it that succeeds after that goes back in full, once")
    func paidAfterwards() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, minutesAgo: 1)
            try await fixture.payment(1, of: 1, "processing")
            try await fixture.sendMail(EventCancelled(eventId: 1, reason: ""))
            try await fixture.environment.eventually("select status from bookings.bookings", "cancelled")
            try await fixture.environment.database.execute("update payments.payments set status = 'succeeded', paid_at = now()")
            for _ in 1...2 { try await fixture.sendMail(succeeded: 1, of: 1) }
            #expect(try await fixture.published(BookingRefundApproved.self).map(\.money.amount) == [5000])
            #expect(try await fixture.look(1, "status, refund_amount") == "cancelled 5000")
        }
    }

    @Test("Only what is left of a payment is granted, and an earlier denial is taken back")
    func left() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "confirmed")
            try await fixture.payment(1, of: 1, "succeeded", amount: 5000, back: 1200)
            // Paid twice: that one goes back by itself.
            try await fixture.payment(2, of: 1, "succeeded", amount: 6000)
            try await fixture.refund(of: 2, "double", "pending", amount: 6000)
            try await fixture.booking(2, "confirmed")
            try await fixture.payment(3, of: 2, "succeeded", amount: 5000, back: 5000)
            try await fixture.environment.database.execute(
                """
                update bookings.bookings set refund_requested = true, refund_requested_at = created_at, refund_denied = true,
                    refund_denial_reason = 'the event had begun', refund_processed = true
                """)
            try await fixture.sendMail(EventCancelled(eventId: 1, reason: ""))
            try await fixture.environment.eventually("select count(*) from bookings.bookings where status = 'cancelled'", 2)
            #expect(try await fixture.look(1, "refund_amount, refund_denied, refund_processed") == "3800 f f")
            #expect(try await fixture.look(2, "refund_amount, refund_denied, refund_processed") == "t t")
            #expect(try await fixture.published(BookingRefundApproved.self).map(\.money.amount) == [3800])
        }
    }

    @Test("Thousands of bookings are cancelled slice by slice")
    func slices() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.user(2, email: nil)
            try await fixture.environment.database.execute(
                """
                insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status, confirmed_at, created_at)
                select n, 'B-' || n, 2, 1, 1, 2500, 'EUR', 'confirmed', $1, $1 from generate_series(1, 2600) n
                """, BookingsFixture.noon)
            try await fixture.environment.database.execute(
                """
                insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference, status, paid_at)
                select n, 1, 2500, 'EUR', 'gateway', 'P-' || n, 'succeeded', now() from generate_series(1, 2600) n
                """)
            try await fixture.sendMail(EventCancelled(eventId: 1, reason: "Rain"))
            try await fixture.environment.eventually("select count(*) from operations.job_runs where outcome = 'partial'", 1)
            #expect(try await fixture.environment.value("select processed from operations.job_runs", as: Int.self) == 2600)
            #expect(try await fixture.environment.value("select slice from operations.job_runs", as: Int.self) == 3)
            #expect(try await fixture.count("bookings where status = 'cancelled' and refund_amount = 2500") == 2600)
            #expect(try await fixture.published(BookingCancelled.self).flatMap(\.bookings).map(\.bookingId).sorted() == Array(1...2600))
            #expect(try await fixture.published(BookingRefundApproved.self).count == 2600)
        }
    }

    @Test("Who books it later is cancelled too; told twice it is cancelled once")
    func later() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.sendMail(EventCancelled(eventId: 1, reason: "Rain"))
            try await fixture.environment.eventually("select count(*) from operations.job_runs where outcome = 'succeeded'", 1)
            try await fixture.sendMail(EventCancelled(eventId: 1, reason: "Snow"))
            try await fixture.booking(1, minutesAgo: 0)
            try await fixture.run(.bookingsCancelExpired)
            #expect(try await fixture.look(1) == "cancelled")
            #expect(try await fixture.mails().first?.text?.contains("Rain") == true)
            #expect(try await fixture.count("event_cancellations") == 1)
        }
    }

    @Test("An event that does not exist cannot be cancelled: the message is parked with its number after the last attempt")
    func unknown() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.environment.publish(EventCancelled(eventId: 77, reason: ""))
            let parked = try await fixture.environment.hurrying("bookings.events") { try await fixture.environment.parked("bookings") }
            #expect(parked.reason.contains("there is no event 77"))
            #expect(parked.attempts == 5)
            #expect(try await fixture.count("event_cancellations") == 0)
        }
    }

    @Test("An event that is over refunds nobody, unless the message says force", arguments: ["completed", "archived"])
    func over(status: String) async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "confirmed")
            try await fixture.payment(1, of: 1, "succeeded", amount: 5000)
            try await fixture.environment.database.execute("update events.events set status = $1, completed_at = $2", status, BookingsFixture.noon)
            try await fixture.sendMail(EventCancelled(eventId: 1, reason: "clicked the wrong event"))
            try await fixture.sendMail(EventCancelled(eventId: 1, reason: "clicked the wrong event", force: false))
            try await fixture.run(.bookingsCancelExpired)
            #expect(try await fixture.look(1) == "confirmed")
            #expect(try await fixture.count("event_cancellations") == 0)
            try await fixture.sendMail(EventCancelled(eventId: 1, reason: "The hall was closed.", force: true))
            try await fixture.environment.eventually("select status from bookings.bookings", "cancelled")
            #expect(try await fixture.published(BookingRefundApproved.self).map(\.money.amount) == [5000])
            #expect(try await fixture.mails().first?.text?.contains("The hall was closed.") == true)
        }
    }

    @Test("What was paid in another currency than the booking's goes back in that one, and the mail says so")
    func anotherCurrency() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "confirmed")
            try await fixture.payment(1, of: 1, "succeeded", amount: 700)
            try await fixture.environment.database.execute("update payments.payments set currency = 'USD'")
            try await fixture.sendMail(EventCancelled(eventId: 1, reason: ""))
            try await fixture.environment.eventually("select status from bookings.bookings", "cancelled")
            #expect(try await fixture.published(BookingRefundApproved.self).map(\.money.currency) == ["USD"])
            #expect(try await fixture.mails().first?.text?.contains("USD 7.00") == true)
        }
    }
}
