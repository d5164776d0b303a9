import Platform

@testable import BoxOffice

/// Every mail in every language, with the facts of the samples and with what people put into titles, names and places.
enum HostileMails {
    struct Rendered: Sendable {
        /// `newsletter.es.words`
        let name: String
        let mail: RenderedMail
    }

    private struct Variant: Sendable {
        let name: String
        var recipient: String?
        /// In the place of each text that is not empty.
        var text: String?
        /// Whether optional texts are empty, and lists too.
        var isBare = false
        /// How many items the lists have, by kind of mail; no other kind is made.
        var items: [String: Int]?
        /// Whether it is made in English alone: its texts are not ours.
        var isEnglish = true
    }

    private static let title = String(String(repeating: "🎟️ <b>\"Rock\" & 'Roll'</b> 👩‍👩‍👧‍👦 ", count: 20).prefix(300))
    private static let emoji = String(repeating: "🎟️", count: 300)

    private static let variants = [
        Variant(name: "sample", isEnglish: false),
        Variant(name: "words", recipient: String(repeating: "W", count: 300), text: String(repeating: "W", count: 300)),
        Variant(name: "titles", recipient: title, text: title),
        Variant(name: "right-to-left", recipient: "محمد (Mo) العربي", text: "אופרה: לילה (חי) 2026! <\u{202E}abc"),
        Variant(name: "bare", recipient: "", isBare: true, isEnglish: false),
        Variant(name: "many", recipient: emoji, text: emoji, items: ["newsletter": 10, "re-engagement": 10, "organizer-report": 63]),
    ]

    /// Facts that are links, or parts of links that no person writes.
    private static let kept: Set<String> = ["unsubscribe", "id", "more", "src", "width", "height"]
    private static let optional: Set<String> = ["place", "reason", "refund", "more", "tooLate"]

    static let all = Result { try make() }

    private static func make() throws -> [Rendered] {
        let templates = try MailPreview.templates()
        var mails: [Rendered] = []
        for (kind, languages) in templates.languages {
            for language in languages {
                for variant in variants where (language == "en" || !variant.isEnglish) && variant.items?.keys.contains(kind) != false {
                    guard let facts = MailSamples.facts(in: language)[kind] else { continue }
                    let mail = try templates.rendered(
                        kind, in: language, facts: changed(facts, by: variant, items: variant.items?[kind]),
                        for: variant.recipient ?? MailSamples.recipient, frontend: MailSamples.frontend)
                    if let mail { mails.append(Rendered(name: "\(kind).\(language).\(variant.name)", mail: mail)) }
                }
            }
        }
        return mails
    }

    private static func changed(_ facts: [String: MailFact], by variant: Variant, items: Int?) -> [String: MailFact] {
        var changed: [String: MailFact] = [:]
        for (name, fact) in facts {
            switch fact {
            case _ where variant.isBare && optional.contains(name): changed[name] = .text("")
            case .text(let text) where !text.isEmpty && !kept.contains(name): changed[name] = .text(variant.text ?? text)
            case .list(let list):
                let repeated = items.map { count in (0..<count).map { list[$0 % max(1, list.count)] } } ?? list
                changed[name] = .list(variant.isBare ? [] : repeated.map { Self.changed($0, by: variant, items: nil) })
            default: changed[name] = fact
            }
        }
        return changed
    }
}
