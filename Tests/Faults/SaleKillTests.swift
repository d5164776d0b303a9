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
            try await Scene.open { scene async throws in
                let house = scene.house
                let now = house.clock.now
                let event = try await house.shop.event(startsAt: now + 86_400 * 30)
                let expiring = try await house.shop.orders(60, of: event, at: now - 3600)
                let kept = try await house.shop.orders(60, of: event, at: now - 60, submitted: now - 30)
                let returned = try await house.shop.orders(60, of: event, at: now - 60, submitted: now - 30)
                let paid = kept + returned
                try await scene.outside.transactions(paid.map { .init($0.reference, "success", amount: 1998, currency: "EUR") })

                var running: [String: ServiceProcess] = [:]
                for service in Self.services { running[service] = try await scene.startReady(service) }
                try await scene.servers.rememberQueues()
                for round in 0..<60 {
                    // A little of everything, told twice, some of it again much later.
                    for order in [paid[round * 2], paid[round * 2 + 1], paid[round]] {
                        let report = PaymentGatewayReported(
                            reference: order.reference, status: .success, amount: 1998, currency: "EUR", occurredAt: now)
                        try await house.publish([(report, "\(order.reference)/\(Int.random(in: 1...2))"), (report, "\(order.reference)/3")])
                    }
                    try await house.publish(BookingRefundRequested(bookingId: returned[round].bookingId, requestedAt: now))
                    for job in [JobName.bookingsCancelExpired, .bookingsProcessRefunds, .bookingsSendConfirmations] {
                        try await house.tick(job, trigger: .manual)
                    }
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...200)))
                    let victim = try #require(Self.services.randomElement())
                    try await running[victim]?.kill()
                    try await Self.endLeases(house)
                    running[victim] = try scene.start(victim)
                }

                try await house.eventually("the sales do not come to their ends") {
                    try await Self.endLeases(house)
                    for job in [JobName.bookingsCancelExpired, .bookingsProcessRefunds] { try await house.tick(job, trigger: .manual) }
                    try await Task.sleep(for: .milliseconds(300))
                    return try await house.value(Self.ended, as: Bool.self, expiring.count, kept.count, returned.count) == true
                }
                try await Self.endLeases(house)
                try await house.shop.booksBalance()

                let refunds = try await scene.outside.refunds()
                #expect(refunds.map(\.transaction).sorted() == returned.map(\.reference).sorted())
                #expect(refunds.allSatisfy { $0.amount == 1998 })
                #expect(try await house.value("select tickets_sold from events.events", as: Int.self) == 2 * kept.count)
                // A courier that died after it had sent sends again, under the same Message-ID; nobody gets two different mails of a kind.
                let perBooking = try await house.value(
                    "select count(*) from bookings.deliveries where kind = 'mail' and dedupe_key like 'booking-cancelled/%'", as: Int.self)
                #expect(perBooking == expiring.count)
            }
        }

        private static let ended: SQL = """
            select count(*) filter (where status = 'cancelled') = $1 and count(*) filter (where status = 'confirmed') = $2
               and count(*) filter (where status = 'refunded') = $3
            from bookings.bookings
            """

        /// Everybody who held a parcel is dead; a minute and a half later it is anybody's again.
        private static func endLeases(_ house: TestHouse) async throws {
            for schema in services { try await house.endLeases(in: schema) }
        }
    }
}
