import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Bookings

@Suite("What others note on a booking")
struct RequestTests {
    @Test("The first request for a refund counts, and not later than now; a second one changes nothing")
    func requested() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "confirmed")
            try await fixture.booking(2, "cancelled")
            try await fixture.booking(3)
            try await fixture.sendMail(BookingRefundRequested(bookingId: 1, requestedAt: BookingsFixture.noon - 60))
            try await fixture.sendMail(BookingRefundRequested(bookingId: 1, requestedAt: BookingsFixture.noon - 3600))
            try await fixture.sendMail(BookingRefundRequested(bookingId: 2, requestedAt: BookingsFixture.noon + 3600))
            try await fixture.sendMail(BookingRefundRequested(bookingId: 3, requestedAt: BookingsFixture.noon - 120))
            try await fixture.sendMail(BookingRefundRequested(bookingId: 3, requestedAt: BookingsFixture.noon))
            let times = try await fixture.environment.database.query("select refund_requested_at from bookings.bookings order by id", as: Date.self)
            #expect(times == [BookingsFixture.noon - 60, BookingsFixture.noon, BookingsFixture.noon - 120])
            #expect(try await fixture.count("bookings where refund_requested") == 3)
        }
    }

    @Test("A request is not noted on a booking that is refunded, or decided already")
    func notNoted() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "refunded")
            try await fixture.booking(2, "cancelled")
            try await fixture.booking(3, "confirmed")
            try await fixture.environment.database.execute(
                "update bookings.bookings set refund_approved_at = now(), refund_amount = 1 where id = 2")
            try await fixture.environment.database.execute("update bookings.bookings set refund_denied = true where id = 3")
            let before = try await fixture.snapshot()
            for id in 1...3 { try await fixture.sendMail(BookingRefundRequested(bookingId: id, requestedAt: BookingsFixture.noon)) }
            #expect(try await fixture.snapshot() == before)
        }
    }

    @Test("booking.reminded marks the day's reminder and the week's, each by itself")
    func reminded() async throws {
        try await BookingsFixture.open { fixture in
            try await fixture.booking(1, "confirmed")
            try await fixture.booking(2, "confirmed")
            try await fixture.sendMail(BookingReminded([.init(bookingId: 1)], kind: .weekBefore, remindedAt: BookingsFixture.noon))
            #expect(try await fixture.look(1, "reminder_sent, reminder_sent_at is null, early_reminder_sent") == "f t t")
            try await fixture.sendMail(BookingReminded([.init(bookingId: 1)], kind: .dayBefore, remindedAt: BookingsFixture.noon + 60))
            try await fixture.sendMail(BookingReminded([.init(bookingId: 1)], kind: .dayBefore, remindedAt: BookingsFixture.noon + 120))
            #expect(try await fixture.look(1, "reminder_sent, early_reminder_sent") == "t t")
            #expect(
                try await fixture.environment.value("select reminder_sent_at from bookings.bookings where id = 1", as: Date.self) == BookingsFixture
                    .noon + 60)
            #expect(try await fixture.look(2, "reminder_sent, early_reminder_sent") == "f f")
        }
    }
}
