import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@Suite("Payment succeeds at the gateway while the booking expires")
struct PaidWhileExpiringTests {
    @Test("Either a confirmed booking or a full refund, never neither, never both")
    func race() async throws {
        try await Ticketing.open { house, outside in
            let now = house.clock.now
            let event = try await house.shop.event(startsAt: now + 86_400 * 30)
            let orders = try await house.shop.orders(120, of: event, at: now - 660)
            try await outside.transactions(orders.map { .init($0.reference, "success", amount: 1998, currency: "EUR") })

            try await withThrowingTaskGroup { group in
                group.addTask {
                    for order in orders.shuffled() {
                        let report = PaymentGatewayReported(
                            reference: order.reference, status: .success, amount: 1998, currency: "EUR", occurredAt: now)
                        try await house.publish([(report, "\(order.reference)/1"), (report, "\(order.reference)/2")])
                    }
                }
                group.addTask {
                    for _ in 1...10 {
                        let tick = try await house.tick(.bookingsCancelExpired, trigger: .manual)
                        _ = try await house.ended(tick)
                    }
                }
                try await group.waitForAll()
            }

            try await house.eventually("select count(*) from bookings.bookings where status in ('confirmed', 'refunded')", orders.count)
            try await house.shop.booksBalance()
            let refunded = try await house.value("select count(*) from bookings.bookings where status = 'refunded'", as: Int.self)
            let refunds = try await outside.refunds()
            #expect(refunds.count == refunded)
            #expect(refunds.allSatisfy { $0.amount == 1998 } && Set(refunds.map(\.transaction)).count == refunds.count)
            #expect(
                try await house.value(
                    """
                    select count(*) from bookings.bookings b join payments.payments p on p.booking_id = b.id
                    where (b.status = 'confirmed' and p.refunded_amount = 0) or (b.status = 'refunded' and p.refunded_amount = p.amount)
                    """, as: Int.self) == orders.count)
        }
    }
}
