import Curl

/// The settings of services that send mails.
public enum MailSettings {
    /// The mail server.
    public static let host = Setting.text("SMTP_HOST", "the mail server")
    /// Its port.
    public static let port = Setting.integer("SMTP_PORT", default: 587, in: 1...65_535, "its port")
    static let user = Setting.text("SMTP_USER", "the login there; without it there is none", .optional)
    static let password = Setting.secret("SMTP_PASS", "the password of SMTP_USER", .optional)
    static let encryption = Setting<MailEncryption>.choice(
        "SMTP_TLS", default: .opportunistic, "STARTTLS when it is offered, always, TLS from the first byte, or nothing of it")
    static let from = Setting<MailAddress>(
        description: SettingDescription("SMTP_FROM", .required, "the sender, with a name or without: Box Office <tickets@example.org>")
    ) { text throws(SettingProblem) in
        do {
            return try MailAddress(mailbox: text)
        } catch {
            throw SettingProblem(text: "is wrong: \(error)")
        }
    }
    static let clientName = Setting.text("SMTP_CLIENT_NAME", "what we call ourselves in EHLO; without it the domain of SMTP_FROM", .optional)
    static let frontend = Setting.url("FRONTEND_URL", "the web shop, for links in mails")
    static let inFlight = Setting.integer("MAIL_IN_FLIGHT", default: 4, in: 1...100, "mails on their way at once")
    static let perMinute = Setting.integer(
        "MAIL_PER_MINUTE", in: 1...1_000_000, "the most mails of the service in a minute, over all its replicas; without it there is no limit")
    static let perDomainPerMinute = Setting.integer(
        "MAIL_PER_DOMAIN_PER_MINUTE", in: 1...1_000_000, "the same for the mails to one domain")
    /// Who gets reports and alerts; in the list of the services that send them.
    public static let reportRecipients = Setting<[Recipient]>(
        description: SettingDescription(
            "REPORT_RECIPIENTS", .standard(""), "who gets reports and alerts by mail: Ann <ann@example.org>, ops@example.org", values: "a, b, …")
    ) { text throws(SettingProblem) in
        var recipients: [Recipient] = []
        for part in text.split(separator: ",") {
            var mailbox = part.drop { $0.isWhitespace }
            while mailbox.last?.isWhitespace == true { mailbox.removeLast() }
            guard !mailbox.isEmpty else { continue }
            do {
                let address = try MailAddress(mailbox: String(mailbox))
                recipients.append(Recipient(email: address.address, name: address.name ?? "", language: nil))
            } catch {
                throw SettingProblem(text: "is wrong: \(error)")
            }
        }
        return recipients
    }
    /// All of them.
    public static let all = [
        host.description, port.description, user.description, password.description, encryption.description, from.description,
        clientName.description, frontend.description, inFlight.description, perMinute.description,
        perDomainPerMinute.description,
    ]
}

/// `SMTP_TLS`.
enum MailEncryption: String, CaseIterable {
    case none
    case opportunistic
    case required
    case implicit

    var tls: SMTPTLS {
        switch self {
        case .none: .none
        case .opportunistic: .whenOffered
        case .required: .required
        case .implicit: .implicit
        }
    }
}

extension SMTPServer {
    /// The mail server of the settings.
    ///
    /// Without `SMTP_CLIENT_NAME` EHLO has the domain of the sender's address: the name of a machine or container
    /// cannot be resolved by others, and many servers refuse mail from such clients (Postfix:
    /// `reject_non_fqdn_helo_hostname`).
    init(_ settings: Settings, from: MailAddress) throws(ConfigurationError) {
        let encryption = try settings.value(MailSettings.encryption)
        let user = try settings.optional(MailSettings.user)
        let password = try settings.optional(MailSettings.password)
        if user != nil, password == nil { throw ConfigurationError("SMTP_PASS", "is not set (nor is SMTP_PASS_FILE), but SMTP_USER is") }
        if user == nil, password != nil { throw ConfigurationError("SMTP_USER", "is not set, but SMTP_PASS is") }
        self.init(
            host: try settings.value(MailSettings.host), port: try settings.value(MailSettings.port), user: user,
            password: password, tls: encryption.tls,
            clientName: try settings.optional(MailSettings.clientName) ?? from.domain)
        guard isClientNameValid else {
            throw ConfigurationError("SMTP_CLIENT_NAME", "must be a host name or an address in brackets, as mail.example.org or [192.0.2.1]")
        }
        do {
            try check()
        } catch {
            if case .insecureLogin = error { throw ConfigurationError("SMTP_TLS", "is none: \(error)") }
            throw ConfigurationError("SMTP_HOST", "is wrong: \(error)")
        }
    }
}
