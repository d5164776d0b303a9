import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Bookings

@Suite("What payments tell")
struct PaymentReactionTests {
    /// Why money goes back that nobody asked for.
    private static let causes: [PaymentRefunded.Cause] = [.late, .double]

    @Test("payment.succeeded confirms a pending booking, once")
    func confirms() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1)
            try await fixture.payment(1, of: 1, "succeeded")
            for _ in 1...2 {
                try await fixture.sendMail(succeeded: 1, of: 1)
                fixture.environment.clock.advance(60)
            }
            #expect(try await fixture.look(1) == "confirmed")
            #expect(try await fixture.environment.value("select confirmed_at from bookings.bookings", as: Date.self) == BookingsFixture.noon)
            #expect(try await fixture.published(BookingRefundApproved.self).isEmpty)
            #expect(try await fixture.count("status_history") == 1)
        }
    }

    @Test("payment.succeeded for a cancelled booking has all of it refunded, approved once")
    func tooLate() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "cancelled", amount: 999)
            try await fixture.payment(1, of: 1, "succeeded", amount: 999)
            for _ in 1...3 { try await fixture.sendMail(succeeded: 1, of: 1, amount: 999) }
            let approved = BookingRefundApproved(bookingId: 1, userId: 1, money: Money(999, "EUR"), approvedAt: BookingsFixture.noon)
            #expect(try await fixture.published(BookingRefundApproved.self) == [approved])
            #expect(try await fixture.look(1, "status, refund_amount") == "cancelled 999")
            // The customer hears of it when the money is back.
            #expect(try await fixture.mails().isEmpty)
        }
    }

    @Test("Of a cancelled booking that was paid twice the payment that stays is granted, not the one that goes back by itself")
    func paidTwice() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "cancelled", amount: 999)
            try await fixture.payment(1, of: 1, "succeeded", amount: 999)
            try await fixture.payment(2, of: 1, "succeeded", amount: 5000)
            try await fixture.refund(of: 2, "double", "pending", amount: 5000)
            try await fixture.sendMail(succeeded: 1, of: 1, amount: 999)
            #expect(try await fixture.published(BookingRefundApproved.self).map(\.money.amount) == [999])
        }
    }

    @Test("Money of one payment may be back when another one succeeds: that one goes back too")
    func afterLateMoney() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "cancelled")
            try await fixture.sendMail(refunded: 1, of: 1, amount: 5000, because: .late)
            #expect(try await fixture.look(1, "status, refund_amount, refund_approved_at is null") == "refunded 5000 t")
            try await fixture.payment(2, of: 1, "succeeded", amount: 3000)
            for _ in 1...2 { try await fixture.sendMail(succeeded: 2, of: 1, amount: 3000) }
            #expect(try await fixture.published(BookingRefundApproved.self).map(\.money.amount) == [3000])
            #expect(try await fixture.look(1, "status, refund_amount, refund_processed") == "refunded 8000 f")
            try await fixture.sendMail(refunded: 2, of: 1, amount: 3000)
            #expect(try await fixture.look(1, "status, refund_processed") == "refunded t")
            #expect(try await fixture.published(BookingRefunded.self).count == 1)
        }
    }

    @Test("payment.failed and payment.abandoned cancel a pending booking, with the reason", arguments: [true, false])
    func lost(_ fails: Bool) async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, minutesAgo: 1)
            try await fixture.payment(1, of: 1, fails ? "failed" : "abandoned")
            for _ in 1...2 {
                if fails { try await fixture.sendMail(failed: 1, of: 1) } else { try await fixture.sendMail(abandoned: 1, of: 1) }
            }
            #expect(try await fixture.look(1, "status, cancellation_reason") == "cancelled payment \(fails ? "failed" : "abandoned")")
            #expect(try await fixture.published(BookingCancelled.self).map(\.reason) == ["payment \(fails ? "failed" : "abandoned")"])
            let subject = fails ? "Your payment for booking B-1 did not go through" : "Your booking B-1 has expired"
            #expect(try await fixture.mails().map(\.subject) == [subject])
        }
    }

    @Test("A lost payment leaves the booking alone while another one may still pay it", arguments: ["pending", "processing", "succeeded"])
    func another(_ status: String) async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, minutesAgo: 1)
            try await fixture.payment(1, of: 1, "failed")
            try await fixture.payment(2, of: 1, status)
            try await fixture.sendMail(failed: 1, of: 1)
            #expect(try await fixture.look(1) == "pending")
            #expect(try await fixture.published(BookingCancelled.self).isEmpty)
            // Once that one is lost as well, it is cancelled.
            try await fixture.environment.database.execute("update payments.payments set status = 'abandoned' where id = 2")
            try await fixture.sendMail(abandoned: 2, of: 1)
            #expect(try await fixture.look(1) == "cancelled")
        }
    }

    @Test("payment.refunded ends a cancelled booking, tells of it once, and its customer gets the mail with the amount")
    func refunded() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "cancelled")
            try await fixture.environment.database.execute(
                "update bookings.bookings set refund_amount = 2500, refund_approved_at = now(), refund_failure = 'refused'")
            for _ in 1...2 { try await fixture.sendMail(refunded: 1, of: 1, amount: 2500) }
            #expect(
                try await fixture.look(1, "status, refund_amount, refund_processed, refund_failure is null, refunded_at is not null")
                    == "refunded 2500 t t t")
            let told = BookingRefunded(
                bookingId: 1, eventId: 1, userId: 1, quantity: 2, money: Money(2500, "EUR"), refundedAt: BookingsFixture.noon)
            #expect(try await fixture.published(BookingRefunded.self) == [told])
            #expect(try await fixture.mails().map(\.subject) == ["We have sent back EUR 25.00 for your booking B-1"])
        }
    }

    @Test("Money that goes back after all takes back that it could not, whatever it was for", arguments: PaymentRefunded.Cause.allCases)
    func noFailureAnyMore(_ cause: PaymentRefunded.Cause) async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "confirmed")
            try await fixture.environment.database.execute("update bookings.bookings set refund_failure = 'refused'")
            try await fixture.sendMail(refunded: 2, of: 1, amount: 5000, because: cause)
            #expect(try await fixture.look(1, "status, refund_failure is null") == "confirmed t")
        }
    }

    @Test("payment.refunded of a second payment, or of late money beside the first, changes nothing of a confirmed booking", arguments: causes)
    func stays(_ cause: PaymentRefunded.Cause) async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "confirmed")
            let before = try await fixture.snapshot()
            try await fixture.sendMail(refunded: 2, of: 1, amount: 5000, because: cause)
            #expect(try await fixture.snapshot() == before)
            #expect(try await fixture.published(BookingRefunded.self).isEmpty)
        }
    }

    @Test("Late money that is back leaves a booking that another payment may still pay", arguments: ["pending", "processing", "succeeded"])
    func staysPending(_ status: String) async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, minutesAgo: 1)
            try await fixture.payment(1, of: 1, "failed")
            try await fixture.payment(2, of: 1, status)
            let before = try await fixture.snapshot()
            try await fixture.sendMail(refunded: 1, of: 1, amount: 5000, because: .late)
            #expect(try await fixture.snapshot() == before)
        }
    }

    @Test("Other money that is back before, or after, what was granted does not end the booking", arguments: causes, [true, false])
    func otherMoney(_ cause: PaymentRefunded.Cause, _ isFirst: Bool) async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "cancelled")
            try await fixture.environment.database.execute("update bookings.bookings set refund_amount = 2500, refund_approved_at = now()")
            if isFirst {
                let before = try await fixture.snapshot()
                try await fixture.sendMail(refunded: 2, of: 1, amount: 5000, because: cause)
                #expect(try await fixture.snapshot() == before)
            }
            try await fixture.sendMail(refunded: 1, of: 1, amount: 2500)
            if !isFirst { try await fixture.sendMail(refunded: 2, of: 1, amount: 5000, because: cause) }
            #expect(try await fixture.look(1, "status, refund_amount, refund_processed") == "refunded 2500 t")
            #expect(try await fixture.published(BookingRefunded.self).map(\.money.amount) == [2500])
            #expect(try await fixture.mails().map(\.subject) == ["We have sent back EUR 25.00 for your booking B-1"])
        }
    }

    @Test("Told of together, in one batch, what was granted ends the booking")
    func together() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "cancelled")
            try await fixture.environment.database.execute("update bookings.bookings set refund_amount = 2500, refund_approved_at = now()")
            let back = [(2, 5000, PaymentRefunded.Cause.double), (3, 4000, .late), (1, 2500, .approved)].map { id, amount, cause in
                PaymentRefunded(
                    PaymentDetails(paymentId: id, bookingId: 1, userId: 1, money: Money(amount, "EUR")), cause: cause,
                    refundedAt: BookingsFixture.noon)
            }
            try await fixture.environment.publish(back.map { ($0, "back-\($0.payment.paymentId)") })
            try await fixture.environment.eventually("select count(*) from bookings.inbox", 3)
            #expect(try await fixture.published(BookingRefunded.self).map(\.money.amount) == [2500])
        }
    }

    @Test("payment.refunded that outran the cancellation is tried again; the others of its batch are not held up")
    func outran() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1)
            try await fixture.booking(2, "cancelled")
            try await fixture.environment.publish(
                [1, 2].map { id in
                    (
                        PaymentRefunded(
                            PaymentDetails(paymentId: id, bookingId: id, userId: 1, money: Money(5000, "EUR")), cause: .late,
                            refundedAt: BookingsFixture.noon),
                        "refund-\(id)"
                    )
                })
            try await fixture.environment.eventually("select status from bookings.bookings where id = 2", "refunded")
            #expect(try await fixture.look(1) == "pending")
            try await fixture.run(.bookingsCancelExpired)
            try await fixture.environment.hurrying("bookings.events") {
                try await fixture.environment.eventually("select status from bookings.bookings where id = 1", "refunded")
            }
            #expect(try await fixture.published(BookingRefunded.self).count == 2)
        }
    }

    @Test("payment.refund-failed notes the reason on the booking")
    func refundFailed() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "cancelled")
            try await fixture.sendMail(
                PaymentRefundFailed(
                    PaymentDetails(paymentId: 1, bookingId: 1, userId: 1, money: Money(5000, "EUR")), reason: "account closed",
                    failedAt: BookingsFixture.noon))
            #expect(try await fixture.look(1, "status, refund_failure") == "cancelled account closed")
        }
    }

    @Test("A message about a booking that does not exist is parked after the last attempt, and the others of its batch are worked")
    func unknown() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1)
            try await fixture.payment(1, of: 1, "succeeded")
            try await fixture.environment.publish(
                [77, 1].map { id in
                    (
                        PaymentSucceeded(
                            PaymentDetails(paymentId: id, bookingId: id, userId: 1, money: Money(5000, "EUR")), paidAt: BookingsFixture.noon),
                        "paid-\(id)"
                    )
                })
            try await fixture.environment.eventually("select status from bookings.bookings", "confirmed")
            let parked = try await fixture.environment.hurrying("bookings.events") { try await fixture.environment.parked("bookings") }
            #expect(parked.reason.contains("there is no booking 77"))
            #expect(parked.attempts == 5)
        }
    }
}
