import Contracts
import Platform

/// The links and header fields by which the recipient of a campaign mail unsubscribes (RFC 2369, RFC 8058).
struct UnsubscribeLinks: SubscriptionLinks {
    static let url = Setting.url("UNSUBSCRIBE_URL", "where marketing's HTTP port is reached from outside, for links; /unsubscribe is added")
    static let mailto = Setting.text("UNSUBSCRIBE_MAILTO", "address for requests to unsubscribe by mail; without it, links alone", .optional)

    /// The path of the page and of the one-click request.
    static let path = "unsubscribe"

    /// Signs the tokens.
    let keys: UnsubscribeKeys
    private let page: String
    private let mailto: String?

    /// The links of the settings.
    /// - Throws: ``ConfigurationError``.
    init(_ settings: Settings) throws(ConfigurationError) {
        let base = try settings.value(Self.url)
        if let problem = Self.problem(of: base) { throw ConfigurationError(Self.url.description.name, "is \"\(base)\", but \(problem)") }
        page = "\(base)/\(Self.path)"
        mailto = try settings.optional(Self.mailto)
        if let mailto, !Self.isAddress(mailto) {
            throw ConfigurationError(
                Self.mailto.description.name, "is \"\(mailto)\", but must be a bare address of letters, digits and .-_+, as unsubscribe@example.org")
        }
        keys = try UnsubscribeKeys(settings)
    }

    /// The page, and the header fields of one mail.
    func link(for subscription: MailSubscription, template: String, from sender: String) -> SubscriptionLink? {
        guard let scope = SubscriptionScope(rawValue: subscription.scope) else { return nil }
        let token = keys.text(of: UnsubscribeToken(user: subscription.user, scope: scope))
        let url = "\(page)?\(UnsubscribeToken.parameter)=\(token)"
        var targets = ["<\(url)>"]
        if let mailto { targets.append("<mailto:\(mailto)?subject=\(token)>") }
        return SubscriptionLink(
            page: url,
            headers: [
                ("List-Unsubscribe", targets.joined(separator: ", ")),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
                ("List-Id", "<\(scope.rawValue).\(sender)>"),
                ("Precedence", "bulk"),
                ("Feedback-ID", "\(template):\(scope.rawValue):campaign:\(Self.senderID(sender))"),
            ])
    }

    /// Google wants 5 to 15 characters that are always the same.
    private static func senderID(_ domain: String) -> String {
        let name = String(domain.lowercased().filter { $0.isLetter || $0.isNumber }.prefix(15))
        return name.utf8.count < 5 ? "mail" + name : name
    }

    /// Mailbox providers press the button over TLS only; without it the token would be read on the way.
    private static func problem(of base: String) -> String? {
        guard base.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"<>\"\\^`{|}?#".utf8.contains($0) }) else {
            return "must be printable ASCII without ?, # and characters that URLs do not have"
        }
        guard base.hasPrefix("http://") else { return nil }
        let host = base.dropFirst("http://".utf8.count).prefix { $0 != "/" }
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } : host.prefix { $0 != ":" }
        let isLocal = name == "localhost" || name == "[::1" || name.hasPrefix("127.") && name.allSatisfy { $0 == "." || $0.isNumber }
        return isLocal ? nil : "must be https://, unless it is on this machine"
    }

    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.count <= 64 && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ".-_+".contains($0)) }
            }
    }
}
