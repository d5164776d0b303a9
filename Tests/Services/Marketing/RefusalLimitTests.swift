import Contracts
import Platform
import Postgres
import Support
import Testing

@testable import Marketing

@Suite("A campaign whose mails are refused too often")
struct RefusalLimitTests {
    private static let settings = ["REPORT_RECIPIENTS": "ops@example.org", "MAIL_IN_FLIGHT": "2"]

    private static func prepare(_ fixture: MarketingFixture, users: Int) async throws {
        try await fixture.users(1...users)
        try await fixture.event(1, starts: "2026-12-30T20:00:00Z")
        for user in 1...users { try await fixture.booking(user, user: user, event: 1, created: "2026-11-20") }
    }

    private static func refuse(_ users: ClosedRange<Int>, _ fixture: MarketingFixture) async throws {
        for user in users {
            try await fixture.stubs.order(
                "faults", #"{"part":"smtp","match":{"recipient":"user\#(user)@*"},"action":{"stage":"rcpt","smtpReply":"550 5.1.1 no such user"}}"#)
        }
    }

    @Test("B3: is stopped, once, with one alert; what is left of it is not sent, and a later run that is sent ends the alert")
    func stopped() async throws {
        try await MarketingFixture.open(at: "2026-11-23T10:00:00Z", settings: Self.settings) { fixture in
            let environment = fixture.environment
            try await Self.prepare(fixture, users: 200)
            try await fixture.stubs.order(
                "faults", #"{"part":"smtp","match":{"recipient":"user*"},"action":{"stage":"rcpt","smtpReply":"550 5.1.1 no such user"}}"#)
            try await fixture.run(.marketingSendWeeklyNewsletter)
            try await environment.eventually("select count(*) from marketing.deliveries where status = 'queued'", 0)
            let refused = try await environment.value("select count(*) from marketing.deliveries where status = 'bounced'", as: Int.self) ?? 0
            #expect(refused >= RefusalLimit.fewest && refused < 60)
            #expect(
                try await environment.value(
                    "select count(*) from marketing.deliveries where status = 'suppressed' and last_error like '%was stopped%'", as: Int.self) == 200
                    - refused)
            try await environment.eventually("people are told") { try await fixture.stubs.mails(to: "ops@example.org").count == 1 }
            #expect(
                try await environment.value("select kind || ' ' || subject from operations.alerts where until is null")
                    == "campaign-refused newsletter")

            try await fixture.stubs.letGo()
            environment.clock.advance(7 * 86_400)
            let next = try await fixture.run(.marketingSendWeeklyNewsletter)
            #expect(next.processed == 200 - refused)
            try await environment.eventually("the later ones are sent") {
                try await environment.value("select count(*) from marketing.deliveries where status = 'sent' and dedupe_key like 'newsletter/%'")
                    == next.processed
            }
            try await environment.eventually("the end is told") { try await fixture.stubs.mails(to: "ops@example.org").count == 2 }
            #expect(try await environment.value("select count(*) from operations.alerts where until is null", as: Int.self) == 0)
        }
    }

    @Test("B3: goes on when few are refused, or a small part of many")
    func goesOn() async throws {
        try await MarketingFixture.open(at: "2026-11-23T10:00:00Z", settings: Self.settings) { fixture in
            let environment = fixture.environment
            try await Self.prepare(fixture, users: 60)
            try await Self.refuse(1...(RefusalLimit.fewest - 1), fixture)
            try await fixture.run(.marketingSendWeeklyNewsletter)
            try await environment.eventually("select count(*) from marketing.deliveries where status = 'queued'", 0)
            #expect(try await environment.value("select count(*) from marketing.deliveries where status = 'suppressed'", as: Int.self) == 0)
            #expect(try await environment.value("select count(*) from operations.alerts", as: Int.self) == 0)
            #expect(try await environment.value("select refused || ' of ' || mails from marketing.campaign_runs") == "19 of 60")
        }
    }
}
