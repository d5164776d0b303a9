import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

@testable import LoyaltyNotifier
@testable import TicketsCache

/// Every message of these and of the ticketing scenarios is taken off the broker and shown to its schema, with its properties.
@Suite("Real messages follow Contracts/")
struct RealMessageTests {
    @Test("What loyalty-notifier and tickets-cache publish")
    func membersAndPasses() async throws {
        try await TestEnvironment.open { environment in
            let heard = try await environment.judged {
                try await environment.database.execute("insert into tickets.bytemark_tokens (user_id, token) values (1, 'token-1'), (2, 'token-2')")
                try await environment.database.execute("insert into tickets.cache (user_id, refreshed_at) values (1, '2020-01-01')")
                try await StubServices.open { stubs in
                    for user in 1...2 {
                        try await stubs.passes(of: user, #"[{"uuid":"p-\#(user)","status":"USABLE","time_created":"2026-01-01T00:00:00Z"}]"#)
                    }
                    try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                        try await environment.with(TicketsCache.self, settings: stubs.settings) { _ in
                            try await environment.publish(
                                (1...50).map { (RideCompleted(userId: 1, rideId: "ride-\($0)", completedAt: environment.clock.now), "id-\($0)") })
                            try await environment.publish(TicketsRefreshRequested(userId: 2))
                            _ = try await environment.ended(try await environment.tick(.ticketsCacheRefreshStale))
                            try await environment.eventually("select count(*) from tickets.refresh_log where status = 1", 2)
                            try await environment.eventually(
                                "select (select count(*) from loyalty.outbox) + (select count(*) from tickets.outbox)", 0)
                        }
                    }
                }
            }
            let messages: Set = ["ride.completed", "loyalty.milestone-reached", "tickets.refresh-requested", "tickets-cache.refresh-stale"]
            #expect(messages.subtracting(heard).isEmpty)
        }
    }

    @Test("What payments, bookings and events publish, and what the web shop publishes for them")
    func ticketing() async throws {
        let messages: Set = [
            "payment.gateway-reported", "payment.succeeded", "payment.failed", "payment.abandoned", "payment.refunded", "payment.refund-failed",
            "payment.decided", "booking.cancelled", "booking.refund-requested", "booking.refund-approved", "booking.refunded", "booking.reminded",
            "event.cancelled",
            "payments.cleanup-abandoned", "bookings.process-refunds", "events.send-reminders",
        ]
        try await Ticketing.open(at: Date(timeIntervalSince1970: 1_795_000_000), hearing: messages) { environment, stubs async throws in
            let now = environment.clock.now
            let event = try await environment.shop.event(startsAt: now + 90_000)
            let calledOff = try await environment.shop.event(startsAt: now + 90_000)
            let orders = try await environment.shop.orders(4, of: event, at: now - 3600)
            try await stubs.transactions(orders.map { .init($0.reference, "success", amount: 1998, currency: "EUR") })
            // Two are paid, the third fails, the fourth is given up by its customer.
            for (order, status) in zip(orders, [PaymentGatewayReported.Status.success, .success, .failed]) {
                try await environment.publish(
                    PaymentGatewayReported(reference: order.reference, status: status, money: Money(1998, "EUR"), occurredAt: now))
            }
            try await environment.eventually("select count(*) from payments.payments where status = 'pending'", 1)
            _ = try await environment.ended(try await environment.tick(.paymentsCleanupAbandoned, trigger: .manual))
            try await environment.eventually("select count(*) from bookings.bookings where status = 'confirmed'", 2)
            try await environment.eventually("select count(*) from bookings.bookings where status = 'cancelled'", 2)
            _ = try await environment.ended(try await environment.tick(.eventsSendReminders, trigger: .manual))
            // Of the two refunds the gateway pays one and refuses the other.
            try await stubs.order("faults", #"{"part":"gateway","match":{"path":"/gateway/refund"},"times":1,"action":{"status":422}}"#)
            for order in orders.prefix(2) { try await environment.publish(BookingRefundRequested(bookingId: order.bookingId, requestedAt: now)) }
            try await environment.eventually("select count(*) from bookings.bookings where refund_requested", 2)
            _ = try await environment.ended(try await environment.tick(.bookingsProcessRefunds, trigger: .manual))
            try await environment.eventually("select count(*) from bookings.bookings where status = 'refunded'", 1)
            try await environment.eventually("select count(*) from payments.refunds where status = 'failed'", 1)
            let refused: SQL = "select p.reference from payments.refunds r join payments.payments p on p.id = r.payment_id where r.status = 'failed'"
            let reference = try #require(try await environment.value(refused, as: String.self))
            try await environment.publish(PaymentDecided(reference: reference, decision: .giveBack, decidedBy: "ana", decidedAt: now))
            try await environment.eventually("select count(*) from bookings.bookings where status = 'refunded'", 2)
            try await environment.publish(EventCancelled(eventId: calledOff, reason: "the band is ill"))
            try await environment.shop.booksBalance()
        }
    }
}
