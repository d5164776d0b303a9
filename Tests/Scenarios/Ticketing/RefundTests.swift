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
        try await Ticketing.open { environment, stubs async throws in
            let now = environment.clock.now
            // A day and an hour ahead: everything goes back.
            let event = try await environment.shop.event(startsAt: now + 90_000)
            let orders = try await environment.shop.orders(5, of: event, at: now - 60, submitted: now - 30)
            try await stubs.transactions(orders.map { .init($0.reference, "success", amount: 1998, currency: "EUR") })
            for order in orders {
                try await environment.publish(
                    PaymentGatewayReported(reference: order.reference, status: .success, money: Money(1998, "EUR"), occurredAt: now))
            }
            try await environment.eventually("select count(*) from bookings.bookings where status = 'confirmed'", orders.count)
            _ = try await environment.ended(try await environment.tick(.bookingsSendConfirmations, trigger: .manual))

            try await stubs.order("faults", #"{"part":"gateway","match":{"path":"/gateway/refund"},"times":3,"action":\#(trouble.action)}"#)
            for order in orders {
                try await environment.publish(BookingRefundRequested(bookingId: order.bookingId, requestedAt: now))
                try await environment.publish(BookingRefundRequested(bookingId: order.bookingId, requestedAt: now))
            }
            try await environment.eventually("select count(*) from bookings.bookings where refund_requested", orders.count)
            for _ in 1...2 { _ = try await environment.ended(try await environment.tick(.bookingsProcessRefunds, trigger: .manual)) }
            try await environment.eventually("the refunds are not paid") {
                // What the delivery worker put off is due now.
                try await environment.endLeases(in: "payments")
                return try await environment.value("select count(*) from bookings.bookings where status = 'refunded'", as: Int.self) == orders.count
            }
            try await environment.shop.booksBalance()

            let refunds = try await stubs.refunds()
            #expect(refunds.count == orders.count && Set(refunds.map(\.transaction)).count == orders.count)
            #expect(refunds.allSatisfy { $0.amount == 1998 && $0.currency == "EUR" })
            #expect(try await environment.value("select sum(tickets_sold) from events.events", as: Int.self) == 0)
            // A confirmation and a note that the money is back; nobody is told that a booking they gave back was cancelled.
            let mails = try await stubs.mails()
            #expect(Set(mails.map { "\($0.recipients) \($0.messageId ?? "")" }).count == 2 * orders.count)
        }
    }

    @Test("An event that is cancelled: every holder is told, whoever has paid gets everything back, however late")
    func calledOff() async throws {
        try await Ticketing.open { environment, stubs async throws in
            let now = environment.clock.now
            let event = try await environment.shop.event(startsAt: now + 3600)
            let paid = try await environment.shop.orders(30, of: event, at: now - 60, submitted: now - 30)
            let unpaid = try await environment.shop.orders(10, of: event, at: now - 60)
            try await stubs.transactions(paid.map { .init($0.reference, "success", amount: 1998, currency: "EUR") })
            for order in paid {
                try await environment.publish(
                    PaymentGatewayReported(reference: order.reference, status: .success, money: Money(1998, "EUR"), occurredAt: now))
            }
            try await environment.eventually("select count(*) from bookings.bookings where status = 'confirmed'", paid.count)

            try await environment.publish(EventCancelled(eventId: event, reason: "the band is ill"), id: "called-off")
            try await environment.publish(EventCancelled(eventId: event, reason: "the band is ill"), id: "called-off-again")
            try await environment.eventually("select count(*) from bookings.bookings where status = 'refunded'", paid.count)
            try await environment.eventually("select count(*) from bookings.bookings where status = 'cancelled'", unpaid.count)
            try await environment.eventually("select tickets_sold from events.events where status = 'cancelled'", 0)
            try await environment.shop.booksBalance()
            #expect(try await stubs.refunds().map(\.amount) == Array(repeating: 1998, count: paid.count))
            #expect(try await environment.value("select count(*) from payments.payments where status = 'voided'", as: Int.self) == unpaid.count)
        }
    }
}
