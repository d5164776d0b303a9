import Migrations
import Postgres
import Support
import Testing

@Suite("The web shop begins what the services carry on")
struct WebShopRightsTests {
    /// An order, as the shop makes it: a booking of two tickets of one event, and its payment.
    private func ordered(_ body: @Sendable (PostgresClient) async throws -> Void) async throws {
        try await TestEnvironment.open { environment in
            try await environment.asRole(Domain.webShop) { shop async throws in
                try await shop.transaction { tx in
                    try await tx.execute(
                        """
                        insert into events.events (id, organizer_id, title, time_zone, starts_at, price, currency, total_tickets)
                        values (1, 1, 'Concert', 'UTC', now() + interval '1 day', 1000, 'EUR', 10)
                        """)
                    try await tx.execute("update events.events set tickets_sold = tickets_sold + 2 where id = 1")
                    try await tx.execute(
                        """
                        insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency)
                        values (1, 'B-1', 1, 1, 2, 2000, 'EUR')
                        """)
                    try await tx.execute(
                        """
                        insert into payments.payments (id, booking_id, user_id, amount, currency, gateway, reference)
                        values (1, 1, 1, 2000, 'EUR', 'card', 'P-1')
                        """)
                }
                try await body(shop)
            }
        }
    }

    private func refuses(_ statements: [SQL], _ shop: PostgresClient) async throws {
        for statement in statements {
            let error = await #expect(throws: PostgresError.self, "\(statement.text)") { try await shop.execute(statement) }
            #expect(error?.sqlState == .insufficientPrivilege, "\(statement.text): \(String(describing: error))")
        }
    }

    @Test("It may hand a payment over to the gateway, but not decide it nor take it back")
    func payments() async throws {
        try await ordered { shop in
            try await refuses(
                [
                    "update payments.payments set status = 'succeeded'",
                    "update payments.payments set status = 'failed'",
                    "update payments.payments set status = 'voided'",
                    "update payments.payments set paid_at = now()",
                    "update payments.payments set amount = 1",
                    "update payments.payments set refunded_amount = 0",
                    """
                    insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference, status)
                    values (1, 1, 2000, 'EUR', 'card', 'P-2', 'succeeded')
                    """,
                    "insert into payments.refunds (payment_id, booking_id, amount, currency, cause, requested_at) values (1, 1, 1, 'EUR', 'late', now())",
                    "delete from payments.payments",
                ], shop)
            let handedOver = try await shop.execute("update payments.payments set status = 'processing', submitted_at = now() where id = 1")
            #expect(handedOver == 1)
            // What the gateway has is out of its hands.
            let takenBack = try await shop.execute("update payments.payments set status = 'pending' where id = 1")
            #expect(takenBack == 0)
            #expect(try await shop.query("select status from payments.payments", as: String.self) == ["processing"])
        }
    }

    @Test("It may ask for a refund, but not set a booking's status nor grant the refund")
    func bookings() async throws {
        try await ordered { shop in
            try await refuses(
                [
                    "update bookings.bookings set status = 'confirmed'",
                    "update bookings.bookings set status = 'cancelled'",
                    "update bookings.bookings set quantity = 1",
                    "update bookings.bookings set refund_amount = 2000",
                    "update bookings.bookings set refund_denied = false",
                    "update bookings.bookings set reminder_sent = true",
                    "delete from bookings.bookings",
                ], shop)
            let asked = try await shop.execute("update bookings.bookings set refund_requested = true, refund_requested_at = now()")
            #expect(asked == 1)
        }
    }

    @Test("It may change what an event is and how many of its tickets are taken, but not its status")
    func events() async throws {
        try await ordered { shop in
            try await refuses(
                [
                    "update events.events set status = 'cancelled'",
                    "update events.events set archived = true",
                    "update events.events set completed_at = now()",
                    """
                    insert into events.events (organizer_id, title, time_zone, starts_at, price, currency, total_tickets, status)
                    values (1, 'Over', 'UTC', now(), 0, 'EUR', 10, 'completed')
                    """,
                    "insert into events.releases values (1, 1, 2, now())",
                    "delete from events.events",
                ], shop)
            let moved = try await shop.execute("update events.events set starts_at = starts_at + interval '1 day', tickets_sold = tickets_sold + 1")
            #expect(moved == 1)
        }
    }
}
