import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Payments

@Suite("What the web shop may do to payments")
struct ShopTests {
    @Test("It begins payments and hands them over; PostgreSQL refuses it every other move")
    func moves() async throws {
        try await PaymentsFixture.open(replicas: 0) { fixture in
            try await fixture.environment.asRole("web-shop") { shop in
                for id in 1...2 {
                    try await shop.execute(
                        """
                        insert into payments.payments (id, booking_id, user_id, amount, currency, gateway, reference)
                        values ($1::bigint, $1, 7, 1000, 'EUR', 'paystack', 'R-' || $1)
                        """, id)
                }
                try await shop.execute("update payments.payments set status = 'processing', submitted_at = $1 where id = 1", PaymentsFixture.noon)
                let refused: [SQL] = [
                    "update payments.payments set status = 'succeeded' where id = 2", "update payments.payments set paid_at = now() where id = 2",
                    "update payments.payments set ask_at = null", "delete from payments.payments", "select from payments.refunds",
                    "insert into payments.payments (booking_id, user_id, amount, currency, gateway, reference, status) values (3, 7, 1, 'EUR', 'x', 'R-3', 'succeeded')",
                ]
                for statement in refused {
                    let error = await #expect(throws: PostgresError.self) { try await shop.execute(statement) }
                    #expect(error?.sqlState == .insufficientPrivilege)
                }
                // What the gateway has is out of its sight for a change.
                #expect(try await shop.execute("update payments.payments set status = 'pending' where id = 1") == 0)
            }
            #expect(try await fixture.statuses() == ["processing", "pending"])
        }
    }
}
