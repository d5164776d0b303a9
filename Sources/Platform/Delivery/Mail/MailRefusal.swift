import Curl

/// What a 4xx or 5xx of a mail server is about. The enhanced status decides; without one, the reply code, its text and
/// the stage.
struct MailRefusal: Sendable {
    /// What is done with the mail.
    enum Meaning: Sendable, Equatable {
        /// It is retried.
        case later
        /// The cause is our settings or our reputation, not this mail: it is retried, and the advice says what to
        /// check.
        case refusesUs(advice: String)
        /// The recipient accepts no mail now, or this mail is not acceptable.
        case refusesMail
        /// The recipient's address does not exist.
        case addressIsDead
    }

    private let code: Int
    private let status: EnhancedStatus?
    private let stage: SMTPStage
    private let words: String

    /// - Parameters:
    ///   - response: The whole reply on one line, with its code.
    ///   - stage: The command that it answers.
    init(code: Int, response: String, stage: SMTPStage) {
        self.code = code
        self.stage = stage
        status = EnhancedStatus(reply: response)
        words = response.lowercased()
    }

    /// Equal for refusals that differ only in the recipient.
    var cause: String { status.map { "\(code) \($0)" } ?? "\(code) \(stage.rawValue)" }

    var meaning: Meaning {
        guard code >= 500 else { return isQuota && !speaksOf(Self.greylisting) ? .refusesUs(advice: Self.quotaAdvice) : .later }
        // A mail that is too large is refused as early as MAIL FROM, which announces its size (RFC 1870).
        if isAboutContent { return .refusesMail }
        if stage == .session || stage == .sender || isAboutUs { return .refusesUs(advice: isQuota ? Self.quotaAdvice : Self.settingsAdvice) }
        if isQuota { return .refusesUs(advice: Self.quotaAdvice) }
        if isAddressDead { return .addressIsDead }
        return isAboutRecipient ? .refusesMail : .later
    }

    private static let settingsAdvice = "check SMTP_USER, SMTP_PASS, SMTP_FROM and SMTP_CLIENT_NAME"
    private static let quotaAdvice = "check the quota and the state of our account at the mail server"

    /// 5.3.4 message too big, 5.6 content; 552 (RFC 5321 section 4.2.3).
    private var isAboutContent: Bool {
        guard let status else { return code == 552 }
        return status.kind == 5 && (status.subject == 6 || (status.subject, status.detail) == (3, 4))
    }

    private var isAboutUs: Bool {
        guard let status else { return Self.codesAboutUs.contains(code) || speaksOf(Self.wordsAboutUs) }
        // X.1.7 and X.1.8 are about the sender's address; security (7) and protocol (5) are about us at any stage.
        return status.subject == 7 || status.subject == 5 || status.subject == 1 && [7, 8].contains(status.detail)
    }

    /// The enhanced status says so, to RCPT TO: 5.1.1 no such mailbox, 5.1.2 no such domain, 5.1.3 no such address,
    /// 5.1.6 moved away, 5.1.10 a domain that takes no mail. A bare 550 may be about anything.
    private var isAddressDead: Bool {
        guard let status, stage == .recipient else { return false }
        return status.kind == 5 && status.subject == 1 && [1, 2, 3, 6, 10].contains(status.detail)
    }

    private var isAboutRecipient: Bool {
        guard let status else { return stage == .recipient && [550, 551, 553].contains(code) }
        return status.kind == 5 && (status.subject == 1 || status.subject == 2)
    }

    /// Limits on what we may send, in number or at all. The capacity of a recipient's mailbox (x.2.2) is not about us.
    private var isQuota: Bool {
        guard let status else { return stage == .recipient ? speaksOf(Self.rateWords) : speaksOf(Self.rateWords + Self.quotaWords) }
        if (status.subject, status.detail) == (4, 5) { return true }
        return status.subject == 7 && (status.kind == 4 || speaksOf(Self.rateWords + Self.quotaWords))
    }

    private func speaksOf(_ terms: [String]) -> Bool { terms.contains { words.contains($0) } }

    private static let codesAboutUs: Set = [504, 524, 530, 534, 535, 538]
    private static let wordsAboutUs = [
        "relay", "authenticat", "sender", "helo", "client host", "not owned", "spf", "dkim", "dmarc", "blocked", "blacklist", "blocklist", "blocking",
    ]
    private static let rateWords = ["rate limit", "frequency", "too many", "throttl"]
    private static let quotaWords = ["quota", "limit", "not verified", "suspended", "account", "exceeded", "try again"]
    private static let greylisting = ["greylist", "graylist"]
}
