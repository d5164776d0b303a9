import Foundation
import Postgres
import Support
import Testing

@testable import BoxOffice

@Suite("The company of the demonstration in the database")
struct DemoBooksTests {
    @Test("The books balance", arguments: 1...5)
    func balance(_ seed: Int) async throws {
        try await TestEnvironment.open { environment in
            let company = try DemoCompany(seed: seed, now: Date(), users: 5000, bookings: 10_000)
            let tally = try await DemoInitialState(company: company, dataset: DemoDataset(database: environment.database), sandbox: nil).write()
            #expect(tally.bookings.values.reduce(0, +) == 10_000)
            let breaches = try await environment.database.query(
                "select rule || ': ' || subject || ', ' || detail from operations.conservation()", as: String.self)
            #expect(breaches == [])
            #expect(try await environment.value("select count(*) from bookings.bookings", as: Int.self) == 10_000)
            #expect(try await environment.value("select count(*) from events.events where tickets_sold > total_tickets", as: Int.self) == 0)
            #expect(try await environment.value(Self.odd, as: String.self) == "1 2 1")
        }
    }

    /// Events in a zone that is none, bookings of an event that is none, bookings of a user who is nobody.
    private static let odd: SQL = """
        select concat_ws(' ',
            (select count(*) from events.events where not exists (select from pg_timezone_names where name = time_zone)),
            (select count(*) from bookings.bookings b
             where status = 'confirmed' and not exists (select from events.events e where e.id = b.event_id)),
            (select count(*) from bookings.bookings where user_id > 5000))
        """

    @Test("A season whose ids are taken is left alone, and the shop's next rows get ids behind those that are there")
    func taken() async throws {
        try await TestEnvironment.open { environment in
            try await environment.database.execute(
                """
                insert into events.events (id, organizer_id, title, time_zone, starts_at, price, currency, total_tickets)
                values (250, 1, 'Our own', 'UTC', now(), 100, 'EUR', 10)
                """)
            let company = try DemoCompany(seed: 1, now: Date(), users: 100, bookings: 20_500)
            let opening = DemoInitialState(company: company, dataset: DemoDataset(database: environment.database), sandbox: nil)
            let tally = try await opening.write()
            #expect(tally.present == 10_000)
            #expect(tally.bookings.values.reduce(0, +) == 10_500)
            let again = try await opening.write()
            #expect(again.present == 20_500)
            #expect(try await environment.value("select title from events.events where id = 250", as: String.self) == "Our own")
            let next = try await environment.value(
                """
                insert into bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency)
                values ('X', 1, 250, 1, 100, 'EUR') returning id
                """, as: Int.self)
            #expect(next == 20_501)
        }
    }
}
