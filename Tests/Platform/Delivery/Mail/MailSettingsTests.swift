import Curl
import Support
import Testing

@testable import Platform

@Suite("Settings of mail")
struct MailSettingsTests {
    private static let right = [
        "DATABASE_URL": "postgresql://localhost/x", "AMQP_URL": "amqp://localhost", "LOG_LEVEL": "critical",
        "SMTP_HOST": "mail.example", "SMTP_FROM": "\"Box Office\" <tickets@boxoffice.example>", "FRONTEND_URL": "https://shop.example",
    ]

    @Test("Host, sender and frontend are enough")
    func enough() throws { _ = try ServiceHost(MailTestService.self, settings: Settings(Self.right)) }

    @Test(
        "EHLO says SMTP_CLIENT_NAME, or else the domain of SMTP_FROM",
        arguments: [(nil, "boxoffice.example"), ("mx7.example.org", "mx7.example.org")])
    func clientName(given: String?, said: String) throws {
        var values = Self.right
        values["SMTP_CLIENT_NAME"] = given
        let settings = Settings(values)
        #expect(try SMTPServer(settings, from: settings.value(MailSettings.from)).clientName == said)
    }

    @Test(
        "What is missing or wrong is named",
        arguments: [
            (["SMTP_HOST": ""], "SMTP_HOST is not set"),
            (["SMTP_HOST": "mail example"], "SMTP_HOST is wrong: the URL cannot be used: the mail server must be a host name"),
            (["SMTP_PORT": "99999"], "SMTP_PORT is \"99999\", but must be a whole number from 1 to 65535"),
            (["SMTP_USER": "me"], "SMTP_PASS is not set (nor is SMTP_PASS_FILE), but SMTP_USER is"),
            (["SMTP_PASS": "secret"], "SMTP_USER is not set, but SMTP_PASS is"),
            (
                ["SMTP_USER": "me", "SMTP_PASS": "secret", "SMTP_TLS": "none"],
                "SMTP_TLS is none: the password is not sent to mail.example in clear text"
            ),
            (["SMTP_TLS": "perhaps"], "SMTP_TLS is \"perhaps\", but must be one of none, opportunistic, required, implicit"),
            (["SMTP_FROM": ""], "SMTP_FROM is not set"),
            (["SMTP_FROM": "Box Office"], "SMTP_FROM is wrong: \"Box Office\" is not a mail address: it must have one @"),
            (["SMTP_CLIENT_NAME": "shop example"], "SMTP_CLIENT_NAME must be a host name or an address in brackets"),
            (["FRONTEND_URL": "shop.example"], "FRONTEND_URL is \"shop.example\", but must be an http:// or https:// address"),
            (["MAIL_IN_FLIGHT": "0"], "MAIL_IN_FLIGHT is \"0\", but must be a whole number from 1 to 100"),
        ])
    func named(changes: [String: String], complaint: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try ServiceHost(MailTestService.self, settings: Settings(Self.right.merging(changes) { $1 }))
        }
        #expect(error?.description.hasPrefix(complaint) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("secret") == false)
    }
}
