import Contracts
import Platform
import Postgres
import Support
import Testing

@testable import Marketing

@Suite("A hundred hostile users")
struct HostileUsersTests {
    private static let names = [
        "", String(repeating: "x", count: 300), "🎟️🎭👩‍👩‍👧‍👦", "<script>alert(1)</script>", "Ana\r\nBcc: everybody@example.org", "أحمد بن علي",
        "{{frontend}}",
        "a\tb\u{200B}c", "\"Ana\" <x@y.example>", "=?utf-8?q?Ana?=",
    ]
    private static let languages = ["en-us", "", "tlh", "es-mx", "EN"]
    private static let addresses = [
        "user@example.org", " user@example.org\n", "user@münchen.example", "no address", "", "a@b@example.org", "\"a b\"@example.org",
        "user@example.org\r\nBcc: x@y.example", "用户@example.org", "user@-.example",
    ]

    @Test("Each is reached or named, and none harms another's mail")
    func each() async throws {
        try await MarketingFixture.open(at: "2026-11-23T10:00:00Z", settings: ["CAMPAIGN_REFUSED_PERCENT": "100"]) { fixture in
            let environment = fixture.environment
            try await fixture.event(1, starts: "2026-12-01T20:00:00Z", title: "Rock & <b>Roll</b>")
            for id in 1...100 {
                try await environment.database.execute(
                    """
                    insert into storefront.users (id, email, first_name, language, time_zone, email_verified, newsletter_subscribed)
                    values ($1, nullif($2, '') , $3, $4, 'Mars/Phobos', true, true)
                    """, id, Self.addresses[id / 10 % 10], Self.names[id % 10], Self.languages[id % 5])
                try await fixture.booking(id, user: id, event: 1, created: "2026-11-01")
            }
            let run = try await fixture.run(.marketingSendWeeklyNewsletter)
            let left = try fixture.count(run, "left out: no e-mail address")
            #expect(left == 10)
            #expect(try await fixture.reached(.newsletter).count == 100 - left)
            try await environment.eventually("select count(*) from marketing.deliveries where status = 'queued'", 0)
            let bounced = try await environment.database.query(
                "select last_error from marketing.deliveries where status not in ('sent', 'bounced') or status = 'bounced' and last_error is null",
                as: String?.self)
            #expect(bounced.isEmpty)
            let mails = try await fixture.stubs.mails()
            #expect(try await environment.value("select count(*) from marketing.deliveries where status = 'sent'") == mails.count)
            #expect(mails.count >= 30)
            for mail in mails {
                let (text, html) = (mail.text ?? "", mail.html ?? "")
                #expect(text.contains("Rock & <b>Roll</b>") && html.contains("Rock &amp; &lt;b&gt;Roll&lt;/b&gt;"))
                #expect(!html.contains("<script>") && mail.headers["bcc"] == nil && mail.recipients.count == 1)
                #expect(!mail.recipients.contains { $0.contains("everybody") || $0.contains("y.example") })
            }
        }
    }
}
