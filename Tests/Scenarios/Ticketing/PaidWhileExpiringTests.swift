import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@Suite("Payment succeeds at the gateway while the booking expires")
struct PaidWhileExpiringTests {
    @Test("Either a confirmed booking or a full refund, never neither, never both")
    func race() async throws {
        try await Ticketing.open { environment, stubs async throws in
            let now = environment.clock.now
            let event = try await environment.shop.event(startsAt: now + 86_400 * 30)
            let orders = try await environment.shop.orders(120, of: event, at: now - 660)
            try await stubs.transactions(orders.map { .init($0.reference, "success", amount: 1998, currency: "EUR") })

            try await withThrowingTaskGroup { group in
                group.addTask {
                    for order in orders.shuffled() {
                        let report = PaymentGatewayReported(
                            reference: order.reference, status: .success, money: Money(1998, "EUR"), occurredAt: now)
                        try await environment.publish([(report, "\(order.reference)/1"), (report, "\(order.reference)/2")])
                    }
                }
                group.addTask {
                    for _ in 1...10 {
                        let tick = try await environment.tick(.bookingsCancelExpired, trigger: .manual)
                        _ = try await environment.ended(tick)
                    }
                }
                try await group.waitForAll()
            }

            try await environment.eventually("select count(*) from bookings.bookings where status in ('confirmed', 'refunded')", orders.count)
            try await environment.shop.booksBalance()
            let refunded = try await environment.value("select count(*) from bookings.bookings where status = 'refunded'", as: Int.self)
            let refunds = try await stubs.refunds()
            #expect(refunds.count == refunded)
            #expect(refunds.allSatisfy { $0.amount == 1998 } && Set(refunds.map(\.transaction)).count == refunds.count)
            #expect(
                try await environment.value(
                    """
                    select count(*) from bookings.bookings b join payments.payments p on p.booking_id = b.id
                    where (b.status = 'confirmed' and p.refunded_amount = 0) or (b.status = 'refunded' and p.refunded_amount = p.amount)
                    """, as: Int.self) == orders.count)
        }
    }
}
