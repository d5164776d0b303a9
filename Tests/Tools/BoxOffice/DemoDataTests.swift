import AMQP
import Foundation
import Postgres
import Support
import Testing

@testable import BoxOffice
@testable import LoyaltyNotifier

@Suite("boxoffice demo-data makes a data set worth looking at")
struct DemoDataTests {
    @Test("It makes users, tokens, refreshes and rides; a second call with the same seed adds nothing twice")
    func twice() async throws {
        try await TestEnvironment.open { environment in
            try await StubServices.open { stubs in
                try await environment.with(LoyaltyNotifier.self, settings: stubs.settings) { _ in
                    let boxoffice = CommandLineTool(environment, ["SANDBOX_URL": stubs.url])
                    let first = try await boxoffice("demo-data", "--users", "150", "--bookings", "600", "--scale", "2")
                    #expect(first.status == 0, "\(first.errors)")
                    #expect(first.output.contains("300 made, 0 were there"))
                    #expect(first.output.contains("; 0 were there\npayments"))
                    let rides = Set(
                        (1...300).map { DemoUser($0, seed: 1, now: Date()) }.flatMap { user in (0..<user.rides).map { "\(user.number)-\($0)" } })
                    #expect(rides.count > 300)
                    try await environment.eventually("select count(*) from loyalty.rides", rides.count)
                    let made = try await figures(environment)

                    let second = try await boxoffice("demo-data", "--users", "150", "--bookings", "600", "--scale", "2")
                    #expect(second.status == 0, "\(second.errors)")
                    #expect(second.output.contains("0 made, 300 were there"))
                    #expect(second.output.contains("none made; 1200 were there"))
                    #expect(second.output.contains("0 published"))
                    #expect(try await figures(environment) == made)
                    try await environment.eventually("a token of the data set has passes") {
                        try await stubs.answers("/bytemark/passes?limit=9999&page=1", token: "token-300") == 200
                    }
                    let paid = try await environment.value(Self.paid, as: String.self)
                    #expect(try await stubs.answers("/gateway/transaction/verify/\(paid ?? "")", token: "any") == 200)
                    let user = try await environment.value(
                        "insert into storefront.users (email) values ('new@example.com') returning id", as: Int.self)
                    #expect(user == 301)
                }
            }
        }
    }

    private static let paid: SQL = """
        select p.reference from payments.payments p join bookings.bookings b on b.id = p.booking_id join events.events e on e.id = b.event_id
        where p.status = 'succeeded' and e.status = 'upcoming' limit 1
        """

    private func figures(_ environment: TestEnvironment) async throws -> [String] {
        try await environment.database.query(
            """
            select concat_ws(' ', (select md5(string_agg(u::text, '' order by id)) from storefront.users u),
                             (select count(*) from tickets.bytemark_tokens), (select count(*) from tickets.refresh_log where activity_type <> 2),

                             (select sum(rides) from loyalty.members), (select count(*) from loyalty.milestones),
                             (select md5(string_agg(e::text, '' order by id)) from events.events e),
                             (select md5(string_agg(b::text, '' order by id)) from bookings.bookings b),
                             (select md5(string_agg(p::text, '' order by id)) from payments.payments p))
            """, as: String.self)
    }

    @Test("The data are worth looking at: several languages, all kinds of refreshes, and a few hundred of 5,000 users reach 50 rides")
    func worthLookingAt() {
        let now = Date()
        let users = (1...5000).map { DemoUser($0, seed: 1, now: now) }
        #expect((200...600).contains(users.count { $0.rides >= 50 }))
        #expect(users.count { $0.rides >= 100 } > 10)
        #expect(users.allSatisfy { $0.token == nil || $0.token == "token-\($0.number)" })
        let refreshes = users.flatMap(\.refreshes)
        #expect(refreshes.count { $0.activity == 1 } > 500)
        #expect(refreshes.count { ($0.scheduledOn ?? now) < now } > 100)
        #expect(refreshes.count { ($0.scheduledOn ?? now) > now } > 100)
        let rides = DemoRides(seed: 1, users: Array(users.prefix(500)))
        #expect(Set(rides.ids).count == rides.ids.count)
    }

    @Test("The same seed and number make the same user, another seed another one")
    func seeds() throws {
        let now = Date()
        func digest(_ number: Int, seed: Int) -> String {
            let user = DemoUser(number, seed: seed, now: now)
            return "\(user.row) \(user.rides) \(user.refreshes)"
        }
        #expect(digest(7, seed: 1) == digest(7, seed: 1))
        #expect(digest(7, seed: 1) != digest(7, seed: 2))
        #expect(digest(7, seed: 1) != digest(8, seed: 1))
    }
}
