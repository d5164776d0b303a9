import Contracts
import FoundationEssentials
import Platform
import Postgres
import Support
import Testing

extension FaultTests {
    @Suite("Services killed while tickets are sold")
    struct SaleKillTests {
        private static let services = ["payments", "bookings", "events"]

        @Test("Sales, expiries and refunds while payments, bookings and events are killed 60 times: the books balance, money goes back once")
        func sixtyKills() async throws {
            try await FaultFixture.open { fixture async throws in
                let environment = fixture.environment
                let now = environment.clock.now
                let event = try await environment.shop.event(startsAt: now + 86_400 * 30)
                let expiring = try await environment.shop.orders(60, of: event, at: now - 3600)
                let kept = try await environment.shop.orders(60, of: event, at: now - 60, submitted: now - 30)
                let returned = try await environment.shop.orders(60, of: event, at: now - 60, submitted: now - 30)
                let paid = kept + returned
                try await fixture.stubs.transactions(paid.map { .init($0.reference, "success", amount: 1998, currency: "EUR") })

                var running: [String: ServiceProcess] = [:]
                for service in Self.services { running[service] = try await fixture.startReady(service) }
                try await fixture.servers.rememberQueues()
                for round in 0..<60 {
                    // A little of everything, told twice, some of it again much later.
                    for order in [paid[round * 2], paid[round * 2 + 1], paid[round]] {
                        let report = PaymentGatewayReported(
                            reference: order.reference, status: .success, money: Money(1998, "EUR"), occurredAt: now)
                        try await environment.publish([(report, "\(order.reference)/\(Int.random(in: 1...2))"), (report, "\(order.reference)/3")])
                    }
                    try await environment.publish(BookingRefundRequested(bookingId: returned[round].bookingId, requestedAt: now))
                    for job in [JobName.bookingsCancelExpired, .bookingsProcessRefunds, .bookingsSendConfirmations] {
                        try await environment.tick(job, trigger: .manual)
                    }
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...200)))
                    let victim = try #require(Self.services.randomElement())
                    try await running[victim]?.kill()
                    try await Self.endLeases(environment)
                    running[victim] = try fixture.start(victim)
                }

                try await environment.eventually("the sales do not come to their ends") {
                    try await Self.endLeases(environment)
                    for job in [JobName.bookingsCancelExpired, .bookingsProcessRefunds] { try await environment.tick(job, trigger: .manual) }
                    try await Task.sleep(for: .milliseconds(300))
                    return try await environment.value(Self.ended, as: Bool.self, expiring.count, kept.count, returned.count) == true
                }
                try await Self.endLeases(environment)
                try await environment.shop.booksBalance()

                let refunds = try await fixture.stubs.refunds()
                #expect(refunds.map(\.transaction).sorted() == returned.map(\.reference).sorted())
                #expect(refunds.allSatisfy { $0.amount == 1998 })
                #expect(try await environment.value("select tickets_sold from events.events", as: Int.self) == 2 * kept.count)
                // A delivery worker that died after it had sent sends again, under the same Message-ID; nobody gets two different mails of a kind.
                let perBooking = try await environment.value(
                    "select count(*) from bookings.deliveries where kind = 'mail' and dedupe_key like 'booking-cancelled/%'", as: Int.self)
                #expect(perBooking == expiring.count)
            }
        }

        private static let ended: SQL = """
            select count(*) filter (where status = 'cancelled') = $1 and count(*) filter (where status = 'confirmed') = $2
               and count(*) filter (where status = 'refunded') = $3
            from bookings.bookings
            """

        /// Everybody who held a delivery is dead; a minute and a half later it is anybody's again.
        private static func endLeases(_ environment: TestEnvironment) async throws {
            for schema in services { try await environment.endLeases(in: schema) }
        }
    }
}
