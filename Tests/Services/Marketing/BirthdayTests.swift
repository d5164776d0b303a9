import Contracts
import Platform
import Postgres
import Support
import Testing

@testable import Marketing

@Suite("A birthday wish comes on the user's own date, once a year")
struct BirthdayTests {
    @Test("By the user's own zone at the fire time: from the date line's west to its east")
    func zones() async throws {
        try await MarketingFixture.open(at: "2026-11-26T09:00:00Z") { fixture in
            try await fixture.user(1, born: "1990-11-26")
            // 23:00 of the 26th there, and 22:00 of the 25th.
            try await fixture.user(2, zone: "Pacific/Kiritimati", born: "1990-11-26")
            try await fixture.user(3, zone: "Pacific/Pago_Pago", born: "1990-11-25")
            try await fixture.user(4, zone: "Pacific/Pago_Pago", born: "1990-11-26")
            try await fixture.user(5, zone: "Asia/Kathmandu", born: "1990-11-27")
            #expect(try await fixture.run(.marketingSendBirthdayWishes).outcome == .succeeded)
            #expect(try await fixture.log(.birthday) == ["1 2026", "2 2026", "3 2026"])
            fixture.environment.clock.advance(86_400)
            try await fixture.run(.marketingSendBirthdayWishes)
            #expect(try await fixture.reached(.birthday) == [1, 2, 3, 4, 5])
        }
    }

    @Test("29 February is 28 February in a common year, in the user's zone, once; 2100 is a common year")
    func leapDay() async throws {
        for (day, expected) in [
            ("2027-02-28", ["1 2027", "2 2027"]), ("2028-02-28", ["2 2028"]), ("2028-02-29", ["1 2028"]), ("2100-02-28", ["1 2100", "2 2100"]),
        ] {
            try await MarketingFixture.open(at: "\(day)T09:00:00Z") { fixture in
                try await fixture.user(1, born: "1992-02-29")
                try await fixture.user(2, born: "1993-02-28")
                try await fixture.run(.marketingSendBirthdayWishes)
                #expect(try await fixture.log(.birthday) == expected, "\(day)")
                try await fixture.run(.marketingSendBirthdayWishes)
                #expect(try await fixture.log(.birthday) == expected, "\(day)")
            }
        }
    }

    @Test("A run that is late congratulates by its fire time, and a zone that the user changed on the day does not repeat the wish")
    func late() async throws {
        try await MarketingFixture.open(at: "2026-11-27T01:00:00Z") { fixture in
            try await fixture.user(1, born: "1990-11-26")
            try await fixture.user(2, zone: "America/New_York", born: "1990-12-31")
            try await fixture.run(.marketingSendBirthdayWishes, at: "2026-11-26T09:00:00Z")
            #expect(try await fixture.log(.birthday) == ["1 2026"])
            try await fixture.run(.marketingSendBirthdayWishes, at: "2026-12-31T09:00:00Z")
            try await fixture.environment.database.execute("update storefront.users set time_zone = 'Pacific/Pago_Pago'")
            try await fixture.run(.marketingSendBirthdayWishes, at: "2027-01-01T09:00:00Z")
            #expect(try await fixture.log(.birthday) == ["1 2026", "2 2026"])
        }
    }

    @Test("An impossible date of birth or zone is a row error and nobody else's problem; without a zone TIME_ZONE counts")
    func impossible() async throws {
        try await MarketingFixture.open(at: "2026-11-26T09:00:00Z", zone: "Europe/Madrid") { fixture in
            try await fixture.user(1, born: "infinity")
            try await fixture.user(2, born: "2031-11-26")
            try await fixture.user(3, born: "0201-11-26")
            try await fixture.user(4, zone: "Mars/Phobos", born: "1990-11-26")
            try await fixture.user(5, zone: "", born: "1990-11-26")
            try await fixture.user(6, born: "1990-11-26")
            let run = try await fixture.run(.marketingSendBirthdayWishes)
            #expect(run.outcome == .partial && run.failed == 5)
            for text in ["user 1", "user 2", "user 3", "Mars/Phobos"] { #expect(run.details.contains(text), "\(text)") }
            #expect(try await fixture.reached(.birthday) == [4, 5, 6])
        }
    }

    @Test("Twins with one address get two mails")
    func twins() async throws {
        try await MarketingFixture.open(at: "2026-11-26T09:00:00Z") { fixture in
            try await fixture.users(1...2, email: "twins@example.org", born: "1990-11-26")
            try await fixture.run(.marketingSendBirthdayWishes)
            try await fixture.environment.eventually(
                "select count(*) from marketing.deliveries where payload #>> '{to,email}' = 'twins@example.org'", 2)
        }
    }
}
