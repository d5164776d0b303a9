import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Bookings

@Suite("What the web shop may do to bookings")
struct ShopTests {
    @Test("A booking that no message could name is refused when it is inserted, and the column is told")
    func nameless() async throws {
        try await BookingsFixture.open(replicas: 0) { fixture in
            let refused: [(column: String, id: Int, user: Int, event: Int, quantity: Int, currency: String)] = [
                ("id", 0, 1, 1, 1, "EUR"), ("user_id", 1, 0, 1, 1, "EUR"), ("event_id", 1, 1, -1, 1, "EUR"), ("quantity", 1, 1, 1, 0, "EUR"),
                ("currency", 1, 1, 1, 1, "eur"),
            ]
            try await fixture.environment.asRole("web-shop") { shop in
                for row in refused {
                    let error = await #expect(throws: PostgresError.self) {
                        try await shop.execute(
                            """
                            insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency)
                            values ($1, 'B-1', $2, $3, $4, 100, $5)
                            """, row.id, row.user, row.event, row.quantity, row.currency)
                    }
                    #expect(error?.sqlState == .checkViolation)
                    let refusal = try #require(error)
                    #expect("\(refusal)".contains("bookings_\(row.column)_check"))
                }
            }
        }
    }
}
