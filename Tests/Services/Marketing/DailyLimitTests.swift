import Contracts
import Platform
import Postgres
import Support
import Testing

@testable import Marketing

@Suite("Nobody gets more campaign mails than the limit of 24 hours")
struct DailyLimitTests {
    @Test("Birthday wish and follow-up go first: the newsletter and the promotion keep places for them")
    func priority() async throws {
        try await MarketingFixture.open(at: "2026-11-23T08:00:00Z") { fixture in
            try await fixture.users(1...2, born: "1990-11-23")
            try await fixture.user(3)
            try await fixture.event(1, starts: "2026-11-22T18:00:00Z", status: "completed", completed: "2026-11-22T22:00:00Z")
            try await fixture.event(2, starts: "2026-11-28")
            try await fixture.booking(1, user: 1, event: 1, created: "2026-11-20")
            try await fixture.booking(2, user: 2, event: 2, created: "2026-11-20")
            try await fixture.booking(3, user: 3, event: 1, created: "2026-11-20")
            for (hour, job) in [
                (1, JobName.marketingSendBirthdayWishes), (1, .marketingSendWeeklyNewsletter), (2, .marketingSendEventFollowUps),
                (2, .marketingSendPromotions),
            ] {
                fixture.environment.clock.advance(Double(hour) * 3600)
                try await fixture.run(job)
            }
            #expect(try await fixture.reached(.birthday) == [1, 2])
            #expect(try await fixture.reached(.newsletter) == [2, 3])
            #expect(try await fixture.reached(.followUp) == [1, 3])
            #expect(try await fixture.reached(.promotion).isEmpty)
        }
    }

    @Test("Four campaigns at once on two replicas keep the limit, and the runs count whom they left out")
    func atOnce() async throws {
        try await MarketingFixture.open(at: "2026-11-24T15:00:00Z", replicas: 2, settings: ["CAMPAIGN_MAILS_PER_DAY": "1"]) { fixture in
            try await fixture.users(1...50)
            for event in 1...2 { try await fixture.event(event, starts: "2026-11-28") }
            try await fixture.event(3, starts: "2027-11-28")
            try await fixture.environment.database.execute(
                """
                insert into bookings.bookings (reference, user_id, event_id, quantity, total_amount, currency, status, created_at)
                select 'B' || n, n, 3, 1, 1, 'EUR', 'confirmed', '2026-11-01' from generate_series(1, 25) n
                """)
            var ticks: [String] = []
            for job in [JobName.marketingSendReEngagement, .marketingSendPromotions, .marketingSendWeeklyNewsletter] {
                ticks.append(try await fixture.environment.tick(job))
            }
            for tick in ticks { _ = try await fixture.environment.ended(tick) }
            #expect(
                try await fixture.environment.value("select max(n) from (select count(*) as n from marketing.campaign_log group by user_id) m") == 1)
            #expect(try await fixture.environment.value("select count(*) from marketing.campaign_log") == 50)
        }
    }

    @Test(
        "A mail that is withheld gives its place back, and ends as suppressed",
        arguments: [
            "update storefront.users set newsletter_subscribed = false where id = 1",
            "update storefront.users set email = 'other@example.org' where id = 1",
            "delete from storefront.users where id = 1",
            "insert into marketing.suppressions (user_id, scope, reason, since) values (1, 'newsletter', 'unsubscribed', now())",
        ])
    func withheld(change: String) async throws {
        try await MarketingFixture.open(at: "2026-11-23T10:00:00Z", replicas: 0) { fixture in
            try await fixture.event(1, starts: "2026-11-28")
            try await fixture.users(1...2)
            for user in 1...2 { try await fixture.booking(user, user: user, event: 1, created: "2026-11-20") }
            let (environment, settings) = (fixture.environment, fixture.stubs.settings)
            try await environment.with(Marketing.self, settings: settings.merging(["SMTP_PORT": "1"]) { $1 }) { _ in
                try await fixture.run(.marketingSendWeeklyNewsletter)
                try await environment.eventually(
                    "select count(*) from marketing.deliveries where attempts = 1 and next_attempt_at < now() + interval '1 year'", 2)
            }
            try await environment.database.execute(SQL(file: change))
            environment.clock.advance(600)
            try await environment.with(Marketing.self, settings: settings) { _ in
                try await environment.eventually("select status from marketing.deliveries order by id limit 1", "suppressed")
            }
            #expect(
                try await environment.database.query("select cardinality(queued_at) from marketing.recipients order by user_id", as: Int.self) == [
                    0, 1,
                ])
        }
    }

    @Test("Of two mails that were queued at once, the one that is withheld gives its own place back, and a mail that no campaign knows is not sent")
    func ownPlace() async throws {
        try await MarketingFixture.open(at: "2026-11-26T14:00:00Z", replicas: 0) { fixture in
            for event in 1...2 { try await fixture.event(event, starts: "2026-11-28") }
            try await fixture.users(1...2)
            let (environment, settings) = (fixture.environment, fixture.stubs.settings)
            try await environment.with(Marketing.self, settings: settings.merging(["SMTP_PORT": "1"]) { $1 }) { _ in
                try await fixture.run(.marketingSendPromotions)
                try await environment.eventually("select count(*) from marketing.deliveries where attempts = 1", 4)
            }
            try await environment.database.execute("update events.events set status = 'cancelled' where id = 1")
            try await environment.database.execute("delete from marketing.campaign_log where user_id = 2 and subject_id = 2")
            environment.clock.advance(600)
            try await environment.with(Marketing.self, settings: settings) { _ in
                try await environment.eventually(
                    "select string_agg(status, ' ' order by status) from marketing.deliveries", "sent suppressed suppressed suppressed")
            }
            #expect(try await environment.value("select cardinality(queued_at) from marketing.recipients where user_id = 1") == 1)
            #expect(
                try await environment.value("select count(*) from marketing.deliveries where last_error = 'no campaign knows this mail'") == 1)
        }
    }
}
