import AMQP
import Contracts
import FoundationEssentials
import Postgres
import Support
import Testing

@testable import Platform

@Suite("Mails on their way out")
struct MailChannelTests {
    private static let announcements = AMQPTopology(
        queues: [.init("announcements")],
        bindings: [.init(queue: "announcements", exchange: "boxoffice.events", routingKey: "loyalty.milestone-reached")])

    private func open(settings: [String: String] = [:], _ body: @escaping @Sendable (TestEnvironment, StubServices) async throws -> Void) async throws
    {
        try await StubServices.open { stubs in
            try await TestEnvironment.open(at: RFC3339.date(from: "2026-11-20T09:30:00Z")) { environment in
                try await environment.broker.declare(Self.announcements)
                _ = try await environment.broker.purge(queue: "announcements")
                try await environment.with(MailTestService.self, settings: stubs.settings.merging(settings) { $1 }, publishesAnything: true) { _ in
                    try await body(environment, stubs)
                }
                try await environment.broker.delete(queue: "announcements")
            }
        }
    }

    private static let state: SQL = "select status || coalesce(': ' || last_error, '') from tickets.deliveries"

    /// What was noted and announced about the one mail.
    private func expect(_ environment: TestEnvironment, noted: String, announced rides: Int) async throws {
        try await environment.eventually("select token from tickets.bytemark_tokens", noted)
        var messages: [AMQPDelivery] = []
        try await environment.eventually("nothing was announced") {
            messages += try await environment.take("announcements")
            return !messages.isEmpty
        }
        #expect(messages.map { String(decoding: $0.body, as: UTF8.self).contains("\"rides\":\(rides),") } == [true])
    }

    @Test("A mail arrives once, in text and HTML, with a Message-ID made of its key and the date of the house's clock")
    func once() async throws {
        try await open { environment, stubs in
            try await environment.publish([(TicketsRefreshRequested(userId: 7), "a"), (TicketsRefreshRequested(userId: 7), "b")])
            try await expect(environment, noted: "greeting/7: sent", announced: 1)
            try await environment.eventually("select count(*) from tickets.inbox", 2)
            let mails = try await stubs.mails()
            let mail = try #require(mails.first)
            #expect(mails.count == 1)
            #expect(mail.recipients == ["user-7@example.org"])
            #expect(mail.to == "Zoë <user-7@example.org>")
            #expect(mail.from == "Box Office <tickets@boxoffice.example>")
            #expect(mail.messageId == "<greeting.7@boxoffice.example>")
            #expect(mail.headers["date"] == "Fri, 20 Nov 2026 09:30:00 +0000")
            #expect(mail.headers["auto-submitted"] == "auto-generated")
            #expect(mail.subject == "Rock & <b>Roll for Zoë")
            #expect(
                mail.text?.contains(
                    "Hello Zoë, Rock & <b>Roll costs EUR 1,234.50 on Saturday, 21 November 2026, 20:00 (Europe/Madrid).") == true)
            #expect(mail.text?.contains("https://shop.example/events") == true)
            #expect(mail.html?.contains("<p>Hello Zoë, <b>Rock &amp; &lt;b&gt;Roll</b> costs EUR 1,234.50.</p>") == true)
        }
    }

    @Test("A mail that the server puts off is sent later")
    func putOff() async throws {
        try await open { environment, stubs in
            try await stubs.order("faults", #"{"part":"smtp","times":1,"action":{"smtpReply":"451 4.3.0 later"}}"#)
            try await environment.publish(TicketsRefreshRequested(userId: 7))
            try await environment.eventually(Self.state, "queued: the mail server said: 451 4.3.0 later")
            environment.clock.advance(5)
            try await expect(environment, noted: "greeting/7: sent", announced: 1)
            #expect(try await stubs.mails(to: "user-7@example.org").count == 1)
            #expect(try await environment.value("select attempts from tickets.deliveries", as: Int.self) == 2)
        }
    }

    @Test("A mail that the server refuses bounces at once; the service notes the reason and its messages go out")
    func refused() async throws {
        try await open { environment, stubs in
            try await stubs.order(
                "faults", #"{"part":"smtp","match":{"recipient":"user-7@*"},"action":{"smtpReply":"550 5.1.1 no such user"}}"#)
            try await environment.publish(TicketsRefreshRequested(userId: 7))
            try await environment.eventually(Self.state, "bounced: the mail server said: 550 5.1.1 no such user")
            try await expect(environment, noted: "greeting/7: the mail server said: 550 5.1.1 no such user", announced: 2)
            #expect(try await stubs.mails().isEmpty)
        }
    }

    @Test("A mail whose answer was lost is sent again under the same Message-ID")
    func answerLost() async throws {
        try await open { environment, stubs in
            try await stubs.order("faults", #"{"part":"smtp","times":1,"action":{"cut":"after-effect"}}"#)
            try await environment.publish(TicketsRefreshRequested(userId: 7))
            try await environment.eventually("select status from tickets.deliveries where last_error is not null", "queued")
            environment.clock.advance(5)
            try await expect(environment, noted: "greeting/7: sent", announced: 1)
            #expect(try await stubs.mails().map(\.messageId) == ["<greeting.7@boxoffice.example>", "<greeting.7@boxoffice.example>"])
        }
    }

    @Test("A mail whose process died is sent when the lease is over, under the Message-ID it had")
    func lease() async throws {
        try await open { environment, stubs in
            try await environment.database.execute(
                """
                insert into tickets.deliveries (kind, dedupe_key, payload, attempts, next_attempt_at)
                values ('mail', 'greeting/8', $1::jsonb, 1, $2)
                """, MailTestService.greeting(8, language: "es-MX").json, environment.clock.now + 90)
            try await environment.publish(TicketsRefreshRequested(userId: 7))
            try await environment.eventually("select count(*) from tickets.deliveries where status = 'sent'", 1)
            #expect(try await stubs.mails(to: "user-8@example.org").isEmpty)
            environment.clock.advance(90)
            try await environment.eventually("select count(*) from tickets.deliveries where status = 'sent'", 2)
            let mails = try await stubs.mails(to: "user-8@example.org")
            #expect(mails.map(\.messageId) == ["<greeting.8@boxoffice.example>"])
            #expect(mails.first?.text == "Hola Zoë: Rock & <b>Roll cuesta 1.234,50 EUR, sábado, 21 de noviembre de 2026, 20:00 (Europe/Madrid).\r\n")
        }
    }

    @Test("A server that does not take our connection, and one without the TLS that is required, are our fault: the mail waits")
    func configuration() async throws {
        try await open(settings: ["SMTP_TLS": "required"]) { environment, _ in
            try await environment.publish(TicketsRefreshRequested(userId: 7))
            try await environment.eventually(
                "select coalesce(last_error like 'check SMTP_TLS %', false) from tickets.deliveries where status = 'queued'", true)
        }
        try await open { environment, stubs in
            try await stubs.order("faults", #"{"part":"smtp","action":{"smtpReply":"554 5.7.1 who are you","stage":"connect"}}"#)
            try await environment.publish(TicketsRefreshRequested(userId: 7))
            try await environment.eventually(
                Self.state,
                "queued: check SMTP_USER, SMTP_PASS, SMTP_FROM and SMTP_CLIENT_NAME: the mail server takes no mail from us: 554 5.7.1 who are you")
        }
    }

    @Test(
        "What cannot be written is refused with the reason and leaves the others alone",
        arguments: [
            (#"{"template":"farewell","to":{"email":"a@b.example","name":""},"facts":{}}"#, "there is no template farewell"),
            (
                #"{"template":"greeting","to":{"email":"a@b.example","name":""},"facts":{"title":"x","price":1}}"#,
                "greeting.en.mustache names the fact start, which is not given"
            ),
            (
                #"{"template":"greeting","to":{"email":"a@b.example","name":""},"facts":{"title":"x","price":1,"start":{"at":"2026-02-30T20:00","zone":"UTC"}}}"#,
                "the fact start is \"2026-02-30T20:00\", which is no local time like 2026-11-21T20:00"
            ),
            (
                #"{"template":"greeting","to":{"email":"nobody","name":""},"facts":{"title":"x","price":1,"start":"now"}}"#,
                "\"nobody\" is not a mail address: it must have one @"
            ),
        ])
    func unwritable(payload: String, reason: String) async throws {
        try await open { environment, stubs in
            try await environment.database.execute(
                "insert into tickets.deliveries (kind, dedupe_key, payload, next_attempt_at) values ('mail', 'broken', $1::jsonb, '2026-01-01')",
                payload)
            try await environment.publish(TicketsRefreshRequested(userId: 7))
            try await environment.eventually("select last_error from tickets.deliveries where status = 'bounced'", reason)
            try await environment.eventually("select count(*) from tickets.deliveries where status = 'sent'", 1)
            #expect(try await stubs.mails().map(\.recipients) == [["user-7@example.org"]])
        }
    }
}
