import Curl

/// `SMTP_TLS`.
private enum Encryption: String, CaseIterable {
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
    /// The mail server of `SMTP_HOST`, `SMTP_PORT`, `SMTP_USER`, `SMTP_PASS`, `SMTP_TLS` and `SMTP_CLIENT_NAME`.
    ///
    /// Without a name of our own EHLO has the domain that we write from: the name of a machine or container is none that others know, and many
    /// servers take no mail from such (Postfix: `reject_non_fqdn_helo_hostname`).
    init(_ settings: Settings, from: MailAddress) throws(ConfigurationError) {
        let encryption: Encryption = try settings.choice("SMTP_TLS", default: .opportunistic)
        let user = settings.string("SMTP_USER")
        let password = try settings.secret("SMTP_PASS")
        if user != nil, password == nil { throw ConfigurationError("SMTP_PASS", "is not set (nor is SMTP_PASS_FILE), but SMTP_USER is") }
        if user == nil, password != nil { throw ConfigurationError("SMTP_USER", "is not set, but SMTP_PASS is") }
        self.init(
            host: try settings.required("SMTP_HOST"), port: try settings.integer("SMTP_PORT", default: 587, in: 1...65_535), user: user,
            password: password, tls: encryption.tls,
            clientName: settings.string("SMTP_CLIENT_NAME") ?? from.domain)
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

extension Settings {
    /// A mailbox, with or without a name to show.
    func mailbox(_ name: String) throws(ConfigurationError) -> MailAddress {
        let text = try required(name)
        do {
            return try MailAddress(mailbox: text)
        } catch {
            throw ConfigurationError(name, "is wrong: \(error)")
        }
    }
}
