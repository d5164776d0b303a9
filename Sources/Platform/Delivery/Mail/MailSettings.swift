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
    /// The mail server of `SMTP_HOST`, `SMTP_PORT`, `SMTP_USER`, `SMTP_PASS` and `SMTP_TLS`.
    init(_ settings: Settings) throws(ConfigurationError) {
        let encryption: Encryption = try settings.choice("SMTP_TLS", default: .opportunistic)
        let user = settings.string("SMTP_USER")
        let password = try settings.secret("SMTP_PASS")
        if user != nil, password == nil { throw ConfigurationError("SMTP_PASS", "is not set (nor is SMTP_PASS_FILE), but SMTP_USER is") }
        if user == nil, password != nil { throw ConfigurationError("SMTP_USER", "is not set, but SMTP_PASS is") }
        self.init(
            host: try settings.required("SMTP_HOST"), port: try settings.integer("SMTP_PORT", default: 587, in: 1...65_535), user: user,
            password: password, tls: encryption.tls)
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
