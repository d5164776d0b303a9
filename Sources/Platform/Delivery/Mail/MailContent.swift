import Contracts
import Synchronization

/// What the payload of a mail's delivery says.
struct MailContent {
    let template: String
    let to: Recipient
    let facts: [String: MailFact]
    /// Nil for a mail without charts.
    let charts: [MailChart]?
    let subscription: MailSubscription?

    /// Decodes a payload.
    /// - Throws: an error that names the member which is missing or wrong.
    init(_ payload: [UInt8], _ recent: RecentFacts) throws {
        let members = try Members(payload)
        guard let template = members.scanner.string("template") else { throw MailFactError(description: "the payload has no template") }
        guard let facts = members.scanner.value("facts") else { throw MailFactError(description: "the payload has no facts") }
        self.template = template
        to = try members.recipient()
        subscription = try members.subscription()
        charts = try members.scanner.value("charts").map { try WireCoding.decodeJSON([MailChart].self, from: $0) }
        self.facts = try recent.decoded(facts)
    }

    /// The address of a mail that its recipient can unsubscribe from; nil for any other, and for one that cannot be read:
    /// that is refused when it is to be sent.
    static func subscriber(_ payload: [UInt8]) -> String? {
        guard let members = try? Members(payload), (try? members.subscription()) != nil else { return nil }
        return try? members.recipient().email
    }

    private struct Members {
        let scanner: JSONObjectScanner

        init(_ payload: [UInt8]) throws(MailFactError) {
            guard let scanner = JSONObjectScanner(payload) else { throw MailFactError(description: "the payload is no JSON object") }
            self.scanner = scanner
        }

        func recipient() throws(MailFactError) -> Recipient {
            guard let to = scanner.value("to").flatMap(JSONObjectScanner.init), let email = to.string("email"), let name = to.string("name")
            else { throw MailFactError(description: "the payload has no recipient with an e-mail address and a name") }
            return Recipient(email: email, name: name, language: to.string("language"))
        }

        func subscription() throws(MailFactError) -> MailSubscription? {
            guard let json = scanner.value("subscription"), !json.elementsEqual("null".utf8) else { return nil }
            guard let members = JSONObjectScanner(json), let user = members.integer("user"), let scope = members.string("scope") else {
                throw MailFactError(description: "the payload has a subscription without user and scope")
            }
            return MailSubscription(user: user, scope: scope)
        }
    }
}

/// The facts of the last mails, decoded: the mails of a newsletter all have the same ones.
final class RecentFacts: Sendable {
    private typealias Entry = (json: ArraySlice<UInt8>, facts: [String: MailFact])

    private static let kept = 4
    private let entries = Mutex<[Entry]>([])

    /// Decodes facts, or finds them among the last ones.
    /// - Throws: a `DecodingError`.
    func decoded(_ json: ArraySlice<UInt8>) throws -> [String: MailFact] {
        if let known = entries.withLock({ $0.first { $0.json == json } }) { return known.facts }
        let facts = try WireCoding.decodeJSON([String: MailFact].self, from: json)
        entries.withLock { entries in
            if entries.count == Self.kept { entries.removeFirst() }
            entries.append((ArraySlice(Array(json)), facts))
        }
        return facts
    }
}
