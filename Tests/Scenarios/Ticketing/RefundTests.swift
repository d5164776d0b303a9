import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@Suite("A refund is paid exactly once")
struct RefundTests {
    /// How the gateway may treat a request for a refund before it answers it.
    static let troubles: [(name: String, action: String)] = [
        ("answers 500", #"{"status":500}"#), ("hangs", #"{"delayMs":300}"#), ("closes without an answer", #"{"cut":"before"}"#),
        ("pays and forgets to answer", #"{"cut":"after-effect"}"#), ("answers half", #"{"cut":"body"}"#),
    ]

    @Test("From the sale to the refund, with a gateway that is in trouble", arguments: troubles)
    func wholeLife(_ trouble: (name: String, action: String)) async throws {
        try await Ticketing.open { house, outside async throws in
            let now = house.clock.now
            // A day and an hour ahead: everything goes back.
            let event = try await house.shop.event(startsAt: now + 90_000)
            let orders = try await house.shop.orders(5, of: event, at: now - 60, submitted: now - 30)
            try await outside.transactions(orders.map { .init($0.reference, "success", amount: 1998, currency: "EUR") })
            for order in orders {
                try await house.publish(
                    PaymentGatewayReported(reference: order.reference, status: .success, amount: 1998, currency: "EUR", occurredAt: now))
            }
            try await house.eventually("select count(*) from bookings.bookings where status = 'confirmed'", orders.count)
            _ = try await house.ended(try await house.tick(.bookingsSendConfirmations, trigger: .manual))

            try await outside.order("faults", #"{"part":"gateway","match":{"path":"/gateway/refund"},"times":3,"action":\#(trouble.action)}"#)
            for order in orders {
                try await house.publish(BookingRefundRequested(bookingId: order.bookingId, requestedAt: now))
                try await house.publish(BookingRefundRequested(bookingId: order.bookingId, requestedAt: now))
            }
            try await house.eventually("select count(*) from bookings.bookings where refund_requested", orders.count)
            for _ in 1...2 { _ = try await house.ended(try await house.tick(.bookingsProcessRefunds, trigger: .manual)) }
            try await house.eventually("the refunds are not paid") {
                // What the courier put off is due now.
                try await house.endLeases(in: "payments")
                return try await house.value("select count(*) from bookings.bookings where status = 'refunded'", as: Int.self) == orders.count
            }
            try await house.shop.booksBalance()

            let refunds = try await outside.refunds()
            #expect(refunds.count == orders.count && Set(refunds.map(\.transaction)).count == orders.count)
            #expect(refunds.allSatisfy { $0.amount == 1998 && $0.currency == "EUR" })
            #expect(try await house.value("select sum(tickets_sold) from events.events", as: Int.self) == 0)
            // A confirmation and a note that the money is back; nobody is told that a booking they gave back was cancelled.
            let mails = try await outside.mails()
            #expect(Set(mails.map { "\($0.recipients) \($0.messageId ?? "")" }).count == 2 * orders.count)
        }
    }

    @Test("An event that is called off: every holder is told, whoever has paid gets everything back, however late")
    func calledOff() async throws {
        try await Ticketing.open { house, outside async throws in
            let now = house.clock.now
            let event = try await house.shop.event(startsAt: now + 3600)
            let paid = try await house.shop.orders(30, of: event, at: now - 60, submitted: now - 30)
            let unpaid = try await house.shop.orders(10, of: event, at: now - 60)
            try await outside.transactions(paid.map { .init($0.reference, "success", amount: 1998, currency: "EUR") })
            for order in paid {
                try await house.publish(
                    PaymentGatewayReported(reference: order.reference, status: .success, amount: 1998, currency: "EUR", occurredAt: now))
            }
            try await house.eventually("select count(*) from bookings.bookings where status = 'confirmed'", paid.count)

            try await house.publish(EventCancelled(eventId: event, reason: "the band is ill"), id: "called-off")
            try await house.publish(EventCancelled(eventId: event, reason: "the band is ill"), id: "called-off-again")
            try await house.eventually("select count(*) from bookings.bookings where status = 'refunded'", paid.count)
            try await house.eventually("select count(*) from bookings.bookings where status = 'cancelled'", unpaid.count)
            try await house.eventually("select tickets_sold from events.events where status = 'cancelled'", 0)
            try await house.shop.booksBalance()
            #expect(try await outside.refunds().map(\.amount) == Array(repeating: 1998, count: paid.count))
            #expect(try await house.value("select count(*) from payments.payments where status = 'voided'", as: Int.self) == unpaid.count)
        }
    }
}
