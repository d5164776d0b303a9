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
        try await Stage.open { stage in
            try await stage.booking(1, "confirmed")
            try await stage.booking(2, "cancelled")
            try await stage.booking(3)
            try await stage.tell(BookingRefundRequested(bookingId: 1, requestedAt: Stage.noon - 60))
            try await stage.tell(BookingRefundRequested(bookingId: 1, requestedAt: Stage.noon - 3600))
            try await stage.tell(BookingRefundRequested(bookingId: 2, requestedAt: Stage.noon + 3600))
            try await stage.tell(BookingRefundRequested(bookingId: 3, requestedAt: Stage.noon - 120))
            try await stage.tell(BookingRefundRequested(bookingId: 3, requestedAt: Stage.noon))
            let times = try await stage.house.database.query("select refund_requested_at from bookings.bookings order by id", as: Date.self)
            #expect(times == [Stage.noon - 60, Stage.noon, Stage.noon - 120])
            #expect(try await stage.count("bookings where refund_requested") == 3)
        }
    }

    @Test("A request is not noted on a booking that is refunded, or decided already")
    func notNoted() async throws {
        try await Stage.open { stage in
            try await stage.booking(1, "refunded")
            try await stage.booking(2, "cancelled")
            try await stage.booking(3, "confirmed")
            try await stage.house.database.execute(
                "update bookings.bookings set refund_approved_at = now(), refund_amount = 1 where id = 2")
            try await stage.house.database.execute("update bookings.bookings set refund_denied = true where id = 3")
            let before = try await stage.snapshot()
            for id in 1...3 { try await stage.tell(BookingRefundRequested(bookingId: id, requestedAt: Stage.noon)) }
            #expect(try await stage.snapshot() == before)
        }
    }

    @Test("booking.reminded marks the day's reminder and the week's, each by itself")
    func reminded() async throws {
        try await Stage.open { stage in
            try await stage.booking(1, "confirmed")
            try await stage.booking(2, "confirmed")
            try await stage.tell(BookingReminded([.init(bookingId: 1)], kind: .weekBefore, remindedAt: Stage.noon))
            #expect(try await stage.look(1, "reminder_sent, reminder_sent_at is null, early_reminder_sent") == "f t t")
            try await stage.tell(BookingReminded([.init(bookingId: 1)], kind: .dayBefore, remindedAt: Stage.noon + 60))
            try await stage.tell(BookingReminded([.init(bookingId: 1)], kind: .dayBefore, remindedAt: Stage.noon + 120))
            #expect(try await stage.look(1, "reminder_sent, early_reminder_sent") == "t t")
            #expect(try await stage.house.value("select reminder_sent_at from bookings.bookings where id = 1", as: Date.self) == Stage.noon + 60)
            #expect(try await stage.look(2, "reminder_sent, early_reminder_sent") == "f f")
        }
    }
}
