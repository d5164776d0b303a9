import Postgres
import Support
import Testing

@Suite("boxoffice audit holds the books against each other")
struct AuditTests {
    private struct Breach: Decodable {
        let rule: String
        let subject: String
    }

    @Test("Books that balance end with 0, and say so")
    func balance() async throws {
        try await TestEnvironment.open { environment in
            let call = try await CommandLineTool(environment)("audit")
            #expect(call.status == 0, "\(call.errors)")
            #expect(call.output == "the books balance\n")
            #expect(try await CommandLineTool(environment)("audit", "--json").output == "[]\n")
        }
    }

    @Test("Each breach is a line with its rule and what it is of, and the end is 1")
    func breaches() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(Self.twoTooMany)
            try await environment.database.execute(Self.heldUnpaid)
            let boxoffice = CommandLineTool(environment)
            let call = try await boxoffice("audit")
            #expect(call.status == 1)
            #expect(call.output.contains("tickets sold are the tickets held"))
            #expect(call.output.contains("event 3"))
            #expect(call.output.contains("2 sold, 0 held"))
            let found = try await boxoffice("audit", "--json")
            #expect(found.status == 1)
            #expect(try found.json(as: [Breach].self).map(\.subject) == ["event 3", "booking 7"])
            let cut = try await boxoffice("audit", "--limit", "1")
            #expect(cut.status == 1)
            #expect(cut.output.contains("and 1 more"))
        }
    }

    private static let twoTooMany: SQL = """
        insert into events.events (id, organizer_id, title, time_zone, starts_at, price, currency, total_tickets, tickets_sold)
        values (3, 1, 'A play', 'UTC', now(), 100, 'EUR', 10, 2)
        """

    private static let heldUnpaid: SQL = """
        insert into bookings.bookings (id, reference, user_id, event_id, quantity, total_amount, currency, status)
        values (7, 'B-7', 1, 4, 1, 100, 'EUR', 'confirmed')
        """
}
