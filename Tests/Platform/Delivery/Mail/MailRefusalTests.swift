import Curl
import Testing

@testable import Platform

@Suite("What a mail server's refusal means")
struct MailRefusalTests {
    private func meaning(_ reply: String, _ stage: SMTPStage) -> MailRefusal.Meaning {
        MailRefusal(code: Int(reply.prefix(3)) ?? 0, response: reply, stage: stage).meaning
    }

    @Test(
        "Our settings and our standing are refused at any stage",
        arguments: [
            ("553 5.7.1 <tickets@boxoffice.example>: Sender address rejected: not owned by user box", .recipient),
            ("554 5.7.1 <ada@example.org>: Relay access denied", .recipient),
            ("504 5.5.2 <build7>: Helo command rejected: need fully-qualified hostname", .recipient),
            ("554 5.7.1 <unknown[10.0.0.9]>: Client host rejected: Access denied", .recipient),
            ("550 5.7.1 Service unavailable; client [10.0.0.9] blocked using zen.spamhaus.org", .recipient),
            ("550 5.7.26 Unauthenticated email is not accepted due to domain's DMARC policy", .message),
            ("535 5.7.8 Error: authentication failed", .recipient), ("535 authentication failed", .session),
            ("530 5.7.0 Must issue a STARTTLS command first", .recipient), ("530 Authentication required", .recipient),
            ("504 Helo command rejected", .recipient), ("550 relay not permitted", .recipient), ("550 Sender verify failed", .recipient),
            ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", .recipient),
            ("550 5.1.8 <tickets@boxoffice.example>: Sender address rejected: Domain not found", .recipient),
            ("550 5.1.0 who are you", .sender), ("553 not yours", .sender), ("554 no SMTP service here", .session),
            ("503 5.5.1 bad sequence", .data), ("554 5.7.1 spam", .message),
        ] as [(String, SMTPStage)])
    func us(reply: String, stage: SMTPStage) {
        #expect(meaning(reply, stage) == .refusesUs(advice: "check SMTP_USER, SMTP_PASS, SMTP_FROM and SMTP_CLIENT_NAME"))
    }

    @Test(
        "A quota that is spent and an account that may not send are ours to mend",
        arguments: [
            ("550 5.4.5 Daily user sending quota exceeded. x - gsmtp", .message),
            ("554 5.7.0 The limit on the number of allowed outgoing messages was exceeded. Try again later.", .message),
            ("554 Message rejected: Email address is not verified.", .message),
            ("550 connection frequency limited", .recipient),
            ("454 Throttling failure: Daily message quota exceeded", .message), ("454 Throttling failure: Maximum sending rate exceeded.", .session),
            ("421 4.7.0 Too many messages from your account", .sender), ("550 4.7.28 unusual rate of mail", .recipient),
        ] as [(String, SMTPStage)])
    func quota(reply: String, stage: SMTPStage) {
        #expect(meaning(reply, stage) == .refusesUs(advice: "check the quota and the state of our account at the mail server"))
    }

    @Test(
        "A recipient that does not exist or takes no mail, and a mail that cannot be taken, bounce",
        arguments: [
            ("550 5.1.1 no such user", .message), ("550 5.1.1 no such user", .data), ("550 5.1.4 ambiguous", .recipient),
            ("550 5.2.1 mailbox disabled", .recipient), ("552 5.2.2 mailbox full", .recipient), ("550 5.2.2 user over quota", .message),
            ("550 no such user", .recipient), ("551 user not local", .recipient), ("553 mailbox name not allowed", .recipient),
            ("550 user unknown", .recipient), ("550 user is over its quota", .recipient),
            ("552 5.3.4 Message size exceeds fixed limit", .sender), ("552 message too large", .sender), ("552 5.3.4 too big", .message),
            ("552 too much mail data", .message), ("554 5.6.0 malformed message", .message), ("550 5.6.7 no SMTPUTF8", .recipient),
        ] as [(String, SMTPStage)])
    func mail(reply: String, stage: SMTPStage) {
        #expect(meaning(reply, stage) == .refusesMail)
    }

    @Test(
        "B3: an address is dead when RCPT TO is refused with an enhanced status that says so, and not otherwise",
        arguments: [
            "550 5.1.1 no such user", "550 5.1.2 no such domain", "553 5.1.3 no such address", "551 5.1.6 moved", "556 5.1.10 null MX",
            "550 sorry, no mailbox here by that name. (#5.1.1)", "550 5.1.1 The account does not exist. 5.1.1 Please check",
            "550 Requested action not taken: 5.1.1 no such user",
        ])
    func dead(reply: String) {
        #expect(meaning(reply, .recipient) == .addressIsDead)
        for stage in [SMTPStage.session, .sender, .data, .message] { #expect(meaning(reply, stage) != .addressIsDead) }
        #expect(meaning("4" + reply.dropFirst(), .recipient) == .later)
    }

    @Test(
        "Anything else is tried again",
        arguments: [
            ("451 4.3.0 later", .message), ("450 4.7.1 Greylisted, come back later", .recipient), ("450 4.2.2 mailbox full", .recipient),
            ("452 mailbox over quota", .recipient), ("421 busy", .session), ("554 transaction failed", .message),
            ("550 5.4.1 access denied", .recipient),
            ("554 5.3.0 other", .message), ("550 5.0.0 something", .recipient), ("554 no valid recipients", .data), ("550 4.3.0 odd", .recipient),
            ("550 rejected", .message), ("501 bad syntax", .recipient),
        ] as [(String, SMTPStage)])
    func later(reply: String, stage: SMTPStage) {
        #expect(meaning(reply, stage) == .later)
    }

    @Test("The same refusal has the same cause, whoever it names")
    func cause() {
        func cause(_ reply: String) -> String { MailRefusal(code: Int(reply.prefix(3)) ?? 0, response: reply, stage: .recipient).cause }
        #expect(cause("554 5.7.1 <ada@example.org>: Relay access denied") == cause("554 5.7.1 <bob@example.org>: Relay access denied"))
        #expect(cause("554 5.7.1 x") != cause("554 5.7.0 x"))
        #expect(cause("550 x") == "550 recipient")
    }
}
